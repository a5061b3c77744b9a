import GraphText
import RunControl

/// What `auscult top` shows of the running graphs, in lines of at most 80 columns.
struct TopText {
  private static let width = 80
  private static let barWidth = 24
  private let runs: [JSONValue]

  /// - Parameter runs: the answers of `status`.
  init(_ runs: [JSONValue]) { self.runs = runs }

  var lines: [String] {
    let machines = runs.flatMap { $0["machines"]?.array ?? [] }
    let alarms = machines.filter { MachineState($0) == .alarm }.count
    return [
      "\(Quantity.count(runs.count, "run")), \(Quantity.count(machines.count, "machine")), "
        + "\(Quantity.count(alarms, "alarm"))"
    ] + runs.flatMap { lines($0) }
  }

  private func lines(_ run: JSONValue) -> [String] {
    let integer = { (name: String) in run[name]?.integer ?? 0 }
    let load = Quantity.fixed((run["load"]?.number ?? 0) * 100, 1)
    let longest = Quantity.milliseconds((run["longest_cycle_ns"]?.number ?? 0) / 1e6)
    let name = fitted((run["name"]?.text ?? "?").shown, 24)
    let pace = run["waits_for_server"] == true ? "waits for JACK" : "load \(load) %, longest \(longest)"
    let losses = "\(integer("xruns")) xruns, \(integer("gaps")) gaps, \(integer("dropped_tokens")) drops"
    let head = "\(name) \(pace), \(losses)"
    let failed = run["failed_nodes"]?.array?.compactMap { $0.text?.shown } ?? []
    var lines = ["", String(head.prefix(Self.width))]
    if !failed.isEmpty { lines.append(String("  failed: \(failed.joined(separator: ", "))".prefix(Self.width))) }
    lines.append(row("machine", "state", "score", "threshold", "0 .. threshold"))
    for machine in run["machines"]?.array ?? [] { lines += self.lines(machine: machine) }
    return lines
  }

  private func lines(machine: JSONValue) -> [String] {
    let name = (machine["machine"]?.text ?? "?").shown
    let state = MachineState(machine).rawValue
    let scores = (machine["scores"]?.array ?? []).filter { $0["score"] != nil }
    if scores.isEmpty { return [row(name, state, "", "", "")] }
    return scores.enumerated().map { place, score in
      let value = score["score"]?.number ?? 0
      let threshold = score["threshold"]?.number
      let limit = threshold.map { Significant.text($0) } ?? "-"
      return row(
        place == 0 ? name : "", place == 0 ? state : "", Significant.text(value), limit, bar(value, threshold))
    }
  }

  private func row(_ name: String, _ state: String, _ score: String, _ threshold: String, _ bar: String) -> String {
    let cells = [fitted(name, 18), fitted(state, 9), fitted(score, 10), fitted(threshold, 10), bar]
    return "  " + cells.joined(separator: " ")
  }

  /// The score as a bar, with the threshold in its middle: `[######      |           ]`.
  private func bar(_ score: Double, _ threshold: Double?) -> String {
    let middle = Self.barWidth / 2
    guard let threshold, threshold > 0 else {
      return score > threshold ?? .infinity ? "[over the threshold]" : ""
    }
    let length = Int(min(max(score / threshold, 0), 2) * Double(middle))
    let cells = (0..<Self.barWidth).map { $0 == middle ? "|" : $0 < length ? "#" : " " }
    return "[\(cells.joined())]"
  }

  /// Cut or padded to a width.
  private func fitted(_ text: String, _ width: Int) -> String {
    let cut = String(text.prefix(width))
    return cut + String(repeating: " ", count: width - cut.count)
  }
}
