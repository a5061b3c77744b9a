import RunControl

/// A plan and a swap in words, from the running graph's answer.
struct SwapText {
  private let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  /// One line per node: what happens to it, and why. `json` is a plan.
  ///
  /// - Parameter rate: frames per second.
  func plan(rate: Int64) -> String {
    var table = Table([("node", .left), ("class", .left), ("", .left), ("", .left)])
    for node in json["nodes"]?.array ?? [] {
      let warmUp = node["warm_up_frames"]?.integer ?? 0
      let reason = [
        node["reason"]?.text ?? "",
        warmUp > 0 && rate > 0 ? "hears \(Quantity.seconds(Double(warmUp) / Double(rate))) first" : "",
      ].filter { !$0.isEmpty }.joined(separator: "; ")
      table.add([node["node"]?.text ?? "?", node["class"]?.text ?? "?", node["action"]?.text ?? "?", reason])
    }
    return table.text
  }

  /// Where the exchange was, and how long each phase took. `json` is a swap's status.
  var exchange: String {
    let back = json["return_position"]?.integer.map { "back at frame position \($0)" }
    let place = back ?? json["exchange_position"]?.integer.map { "exchange at frame position \($0)" } ?? "no exchange"
    let times = (json["phases"]?.array ?? []).compactMap { phase -> String? in
      guard let name = phase["name"]?.text, let time = phase["milliseconds"]?.number else { return nil }
      return "\(name) \(Quantity.milliseconds(time))"
    }
    let generation = json[back == nil ? "generation" : "return_generation"]?.integer.map { ", generation \($0)" } ?? ""
    return place + generation + (times.isEmpty ? "" : "\n\(times.joined(separator: ", "))")
  }

  /// "the last change is done: exchange at frame position 123". `json` is a swap's status.
  var status: String {
    let stage = json["stage"]?.text ?? "?"
    let back = json["return_position"]?.integer.map { "back at frame position \($0)" }
    let place = back ?? json["exchange_position"]?.integer.map { " at frame position \($0)" } ?? ""
    let reason = json["reason"]?.text.map { ": \($0)" } ?? ""
    switch stage {
    case "warming": return "a change is in progress: new nodes warm up until they yield valid tokens"
    case "shadowing": return "a candidate runs in the shadow"
    case "exchanging": return "a change is in progress: the exchange\(place)"
    case "probation": return "changed\(place); the old nodes still stand by"
    case "retiring": return "changed\(place); the old nodes are being destroyed"
    case "done": return "changed\(place)"
    default: return "the last change was \(stage)\(reason)"
    }
  }
}
