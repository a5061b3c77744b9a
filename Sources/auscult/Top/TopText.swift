import GraphText
import RunControl

/// What `auscult top` shows of the running graphs: a line for each score of a machine. Its table fits 80 columns.
struct TopText {
  /// A machine's line, which the arrows choose.
  struct Item: Equatable {
    var run: String
    var machine: String
    /// The detector; nil: none judges the machine.
    var node: String?
  }

  private static let least = 80
  private let columns: Int
  private(set) var lines: [ScreenLine] = []
  /// The machines' lines, and where they are in `lines`.
  private(set) var items: [(item: Item, line: Int)] = []

  /// - Parameters:
  ///   - runs: the answers of `status`.
  ///   - columns: the screen's width. A wider screen has longer names and bars.
  ///   - chosen: the item that is marked.
  init(_ runs: [JSONValue], columns: Int = least, chosen: Item? = nil) {
    self.columns = max(Self.least, columns)
    let machines = runs.flatMap { $0["machines"]?.array ?? [] }
    let alarms = machines.count { MachineState($0) == .alarm }
    lines = [
      ScreenLine(
        "\(Quantity.count(runs.count, "run")), \(Quantity.count(machines.count, "machine")), "
          + "\(Quantity.count(alarms, "alarm"))", .bold)
    ]
    for run in runs { add(run, chosen) }
  }

  private mutating func add(_ run: JSONValue, _ chosen: Item?) {
    let integer = { (name: String) in run[name]?.integer ?? 0 }
    let load = Quantity.fixed((run["load"]?.number ?? 0) * 100, 1)
    let longest = Quantity.milliseconds((run["longest_cycle_ns"]?.number ?? 0) / 1e6)
    let name = run["name"]?.text ?? "?"
    let pace = run["waits_for_server"] == true ? "waits for JACK" : "load \(load) %, longest \(longest)"
    let losses = "\(integer("xruns")) xruns, \(integer("gaps")) gaps, \(integer("dropped_tokens")) drops"
    lines.append(ScreenLine())
    if run["answers"] == false {
      return lines.append(ScreenLine(ScreenLine.fitted(name, 24) + " does not answer", .red))
    }
    lines.append(ScreenLine(ScreenLine.fitted(name, 24) + " \(pace), \(losses)", .bold))
    let failed = run["failed_nodes"]?.array?.compactMap(\.text) ?? []
    if !failed.isEmpty { lines.append(ScreenLine("  failed: \(failed.joined(separator: ", "))", .red)) }
    if let swap = run["swap"], swap["stage"] != "done" { lines.append(ScreenLine("  \(SwapText(swap).status)")) }
    lines.append(row("machine", "state", "score", "threshold", "0 .. threshold"))
    for machine in run["machines"]?.array ?? [] { add(machine: machine, of: name, chosen) }
  }

  private mutating func add(machine: JSONValue, of run: String, _ chosen: Item?) {
    let name = machine["machine"]?.text ?? "?"
    let state = MachineState(machine)
    let detectors = machine["scores"]?.array ?? []
    let scores = detectors.filter { $0["score"] != nil }
    if scores.isEmpty {
      let item = Item(run: run, machine: name, node: detectors.first?["node"]?.text)
      return add(item, row(name, state.rawValue, "", "", "", state.colour, isChosen: item == chosen))
    }
    for (place, score) in scores.enumerated() {
      let item = Item(run: run, machine: name, node: score["node"]?.text)
      let value = score["score"]?.number ?? 0
      let threshold = score["threshold"]?.number
      let limit = threshold.map { Significant.text($0) } ?? "-"
      add(
        item,
        row(
          place == 0 ? name : "", place == 0 ? state.rawValue : "", Significant.text(value), limit,
          bar(value, threshold), state.colour, isChosen: item == chosen))
    }
  }

  private mutating func add(_ item: Item, _ line: ScreenLine) {
    items.append((item, lines.count))
    lines.append(line)
  }

  private func row(
    _ name: String, _ state: String, _ score: String, _ threshold: String, _ bar: String,
    _ colour: ScreenLine.Colour = .plain, isChosen: Bool = false
  ) -> ScreenLine {
    var line = ScreenLine(isChosen ? "> " : "  ", .bold)
    line.add(ScreenLine.fitted(name, nameWidth) + " ", isChosen ? .bold : .plain)
    line.add(ScreenLine.fitted(state, 9), colour)
    line.add(" " + [score, threshold].map { ScreenLine.fitted($0, 10) }.joined(separator: " ") + " " + bar)
    return line
  }

  /// Of what is wider than 80 columns, names get a half and bars the other.
  private var nameWidth: Int { 18 + (columns - Self.least) / 2 }
  private var barWidth: Int { 24 + (columns - Self.least + 1) / 2 }

  /// The score as a bar, with the threshold in its middle: `[######      |           ]`.
  private func bar(_ score: Double, _ threshold: Double?) -> String {
    let middle = barWidth / 2
    guard let threshold, threshold > 0 else {
      return score > threshold ?? .infinity ? "[over the threshold]" : ""
    }
    let length = Int(min(max(score / threshold, 0), 2) * Double(middle))
    let cells = (0..<barWidth).map { $0 == middle ? "|" : $0 < length ? "#" : " " }
    return "[\(cells.joined())]"
  }
}

extension MachineState {
  fileprivate var colour: ScreenLine.Colour {
    switch self {
    case .alarm: .red
    case .failed, .deaf, .overdue: .yellow
    case .learning: .blue
    case .normal: .green
    case .unknown: .plain
    }
  }
}
