import GraphText
import RunControl

/// The output of `auscult status`, from the running graph's answer.
struct StatusText {
  private let status: JSONValue

  init(_ status: JSONValue) { self.status = status }

  var text: String {
    var lines = [
      (status["waits_for_server"] == true
        ? "\(word("name")) waits for the JACK server '\(word("server"))', at "
        : "\(word("name")) runs on the JACK server '\(word("server"))': ")
        + "\(integer("rate")) Hz, "
        + "\(integer("period")) frames a period",
      "for       \(Quantity.seconds(number("seconds")))" + (status["file"]?.text.map { ", from \($0.shown)" } ?? ""),
      "position  \(integer("position"))",
      "frames    \(integer("frames")) in \(Quantity.count(integer("cycles"), "cycle"))",
      "lost      \(integer("lost_frames")) frames in \(Quantity.count(integer("gaps"), "gap"))",
      "dropped   \(Quantity.count(integer("dropped_tokens"), "token"))" + droppedBy,
      "unmatched \(Quantity.count(integer("unmatched_tokens"), "token"))",
      "xruns     \(integer("xruns")) reported by JACK",
      "overruns  \(Quantity.count(integer("overruns"), "cycle")) that ended after the next one should have begun",
      "cycle     \(Quantity.fixed(number("load") * 100, 1)) % of the time, the longest took \(longest)",
      "times     \(times)",
    ]
    lines += MachinesText(status).lines
    if let training = status["training"] { lines.append("training  \(words(training))") }
    let failed = status["failed_nodes"]?.array?.compactMap(\.text?.shown) ?? []
    if !failed.isEmpty { lines.append("failed    \(failed.joined(separator: ", "))") }
    let late = status["late_nodes"]?.array?.compactMap(\.text) ?? []
    if !late.isEmpty { lines.append("late      \(late.joined(separator: ", ")) has not returned") }
    for (node, count) in (status["abandoned"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append(
        "abandoned \(node.shown): \(Quantity.count(count.integer ?? 0, "instance")) with a thread that never returned, "
          + "which a new start of the run frees")
    }
    let notFinite = integer("not_finite_inputs")
    if notFinite > 0 {
      lines.append("inputs    samples that are not finite in \(Quantity.count(notFinite, "look")) at JACK's inputs")
    }
    for output in status["blocked_outputs"]?.array ?? [] {
      lines.append(
        "blocked   \((output["node"]?.text ?? "?").shown), since \((output["since"]?.text ?? "?").shown): "
          + (output["problem"]?.text ?? "?").shown)
    }
    for node in status["quarantine"]?.array ?? [] { lines.append("failures  \(words(quarantine: node))") }
    for node in status["isolated"]?.array ?? [] { lines.append("isolated  \(words(isolated: node))") }
    for (node, figures) in (status["figures"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      lines.append("figures   \(node.shown): \(words(figures: figures.object ?? [:]))")
    }
    let lost = integer("lost_by_outputs")
    if lost > 0 { lines.append("unwritten \(Quantity.count(lost, "token")) that outputs could not write") }
    lines.append(
      "graph     generation \(integer("generation"))" + (status["swap"].map { "; \(SwapText($0).status)" } ?? ""))
    return lines.joined(separator: "\n")
  }

  /// "judge: out, a new instance is tried in 4 s; failed 3 times, last because it yielded a score that is not a number"
  private func words(quarantine node: JSONValue) -> String {
    let next = node["next_seconds"]?.number.map { ", a new instance is tried in \(Quantity.seconds($0))" }
    let staysOut = node["stays_out"]?.text.map { ", and stays out: \($0.shown)" }
    return "\((node["node"]?.text ?? "?").shown): "
      + (node["out"] == true ? "out\(staysOut ?? next ?? "")" : "runs again")
      + "; failed \(Quantity.count(node["failures"]?.integer ?? 0, "time")), last because it "
      + (node["reason"]?.text ?? "?").shown
  }

  /// "judge: process 4711, ended 2 times, last because it crashed (SIGSEGV) in 'process'; limits: memory"
  private func words(isolated node: JSONValue) -> String {
    var words = "\((node["node"]?.text ?? "?").shown): "
    words += node["process"]?.integer.map { "process \($0)" } ?? "no process now"
    let restarts = node["restarts"]?.integer ?? 0
    if restarts > 0 {
      words += ", ended \(Quantity.count(restarts, "time")), last because it \((node["last_end"]?.text ?? "?").shown)"
    }
    let limits = node["limits"]?.array?.compactMap(\.text?.shown) ?? []
    return words + "; limits: " + (limits.isEmpty ? "none" : limits.joined(separator: ", "))
  }

  /// "connected 1, dropped_total 0, queued_messages 12", "file 1.0 MiB"
  private func words(figures: [String: JSONValue]) -> String {
    figures.sorted { $0.key < $1.key }.map { name, value in
      if name.hasSuffix("_bytes"), let bytes = value.integer.flatMap({ Int(exactly: $0) }) {
        return "\(name.dropLast(6)) \(Quantity.bytes(bytes))"
      }
      return "\(name) \(value.integer.map { "\($0)" } ?? Quantity.short(value.number ?? 0))"
    }.joined(separator: ", ")
  }

  /// "learning, 2 rounds so far, loss 0.0312 (to fall below 0.1)"
  private func words(_ training: JSONValue) -> String {
    var words = [training["stage"]?.text ?? "?"]
    words.append("\(Quantity.count(training["rounds"]?.integer ?? 0, "round")) so far")
    if let loss = training["loss"]?.number {
      let limit = training["until_loss"]?.number.map { " (to fall below \(Significant.text($0)))" } ?? ""
      words.append("loss \(Significant.text(loss))\(limit)")
    }
    return words.joined(separator: ", ")
  }

  private var longest: String {
    let limit = number("rate") > 0 ? number("period") * 1000 / number("rate") : 0
    return "\(Quantity.milliseconds(number("longest_cycle_ns") / 1e6)) of \(Quantity.milliseconds(limit))"
  }

  /// "half of the cycles took at most 0.02 ms, 99 % 0.03 ms, 99.9 % 0.09 ms"
  private var times: String {
    let time = { Quantity.milliseconds(number($0) / 1e6) }
    return "half of the cycles took at most \(time("cycle_p50_ns")), 99 % \(time("cycle_p99_ns")), "
      + "99.9 % \(time("cycle_p999_ns"))"
  }

  private var droppedBy: String {
    let queues = status["queues"]?.array ?? []
    let names = queues.filter { $0["dropped_tokens"]?.integer ?? 0 > 0 }.compactMap { queue in
      queue["to"]?.text.map { "\($0): \(queue["dropped_tokens"]?.integer ?? 0)" }
    }
    return names.isEmpty ? "" : " (\(names.joined(separator: ", ")))"
  }

  private func word(_ name: String) -> String { status[name]?.text?.shown ?? "?" }
  private func integer(_ name: String) -> Int64 { status[name]?.integer ?? 0 }
  private func number(_ name: String) -> Double { status[name]?.number ?? 0 }
}
