import LiveControl
import RunControl

/// `auscult top` on a terminal: refreshes itself, and takes keys.
final class TopSession {
  private enum Mode {
    case watching, help
    case typing(TopPrompt)
    /// Lines that any key closes.
    case reading([String])
  }

  /// How long to wait for a key before other work is done.
  private static let tick: Int32 = 100

  private let look: () throws -> [JSONValue]
  private let interval: Duration
  private var runs: [JSONValue]
  private var mode = Mode.watching
  private var change: TopChange?
  private var chosen: TopText.Item?
  /// Chosen by the arrows, other than the item's own.
  private var otherNode: String?
  private var isOver = false

  /// - Parameter look: asks for the state of all runs that are shown.
  init(every interval: Duration, _ look: @escaping () throws -> [JSONValue]) throws {
    self.interval = interval
    self.look = look
    runs = try look()
  }

  /// Ends with `q`, or when `look` fails.
  func run() throws {
    let terminal = Terminal()
    defer { terminal.restore() }
    var keys = KeyReader()
    var (last, shown) = (ContinuousClock.now, (rows: 0, columns: 0, opened: 0))
    var isChanged = true
    while !isOver, !terminal.isEnded {
      let size = terminal.size
      let now = (rows: size.rows, columns: size.columns, opened: terminal.opened)
      if isChanged || now != shown { draw(size) }
      (shown, isChanged) = (now, false)
      for key in keys.keys(terminal.read(milliseconds: Self.tick)) {
        take(key)
        isChanged = true
      }
      if follow() { isChanged = true }
      if ContinuousClock.now - last >= interval {
        runs = try look()
        (last, isChanged) = (.now, true)
      }
    }
  }

  // MARK: Keys

  private func take(_ key: Key) {
    if case .planned = change?.stage {
      if key == .character("y") || key == .character("Y") { change?.confirm() } else { change = nil }
      return
    }
    switch (mode, key) {
    case (.typing(let prompt), .enter): end(prompt)
    case (.typing, .escape): mode = .watching
    case (.typing(var prompt), _):
      prompt.take(key)
      mode = .typing(prompt)
    case (.help, _), (.reading, _): mode = .watching
    case (.watching, .character(let character)): command(character)
    case (.watching, _): move(key)
    }
  }

  private func command(_ character: Character) {
    switch character {
    case "q", "Q": isOver = true
    case "?": mode = .help
    case "s": prompt(.set)
    case "w": prompt(.swap)
    case "h": prompt(.shadow)
    case "p": ask(ChangeRequest(.promote))
    case "d": ask(ChangeRequest(.discard))
    case "b": ask(ChangeRequest(.rollback))
    default: break
    }
  }

  private func prompt(_ kind: ChangeRequest.Kind) {
    guard let node else { return tell(["there is no node to change"]) }
    mode = .typing(TopPrompt(kind, node: node))
  }

  private func end(_ prompt: TopPrompt) {
    mode = .watching
    switch prompt.result {
    case .success(let request): ask(request)
    case .failure(let problem): tell([problem.text])
    }
  }

  private func ask(_ request: ChangeRequest) {
    guard let chosen else { return tell(["no graph runs"]) }
    change = TopChange(request, of: chosen.run)
  }

  private func tell(_ lines: [String]) { mode = .reading(lines) }

  /// - Returns: whether there is something new to show.
  private func follow() -> Bool {
    // Keys that are meant for the line must not answer a plan.
    if case .typing = mode { return false }
    guard let change else { return false }
    let before = change.stage
    change.look()
    if case .over(let lines) = change.stage {
      self.change = nil
      tell(["\(change.run): \(change.words)"] + lines)
    }
    return change.stage != before
  }

  // MARK: The choice

  private func move(_ key: Key) {
    let items = TopText(runs).items.map(\.item)
    let place = items.firstIndex { $0 == chosen } ?? 0
    switch key {
    case .up: choose(items, place - 1)
    case .down: choose(items, place + 1)
    case .pageUp: choose(items, place - 10)
    case .pageDown: choose(items, place + 10)
    case .left: chooseNode(-1)
    case .right: chooseNode(1)
    default: break
    }
  }

  private func choose(_ items: [TopText.Item], _ place: Int) {
    guard !items.isEmpty else { return }
    chosen = items[min(max(0, place), items.count - 1)]
    otherNode = nil
  }

  private func chooseNode(_ step: Int) {
    let names = nodes
    guard !names.isEmpty else { return }
    let place = names.firstIndex { $0 == node } ?? 0
    otherNode = names[(place + step + names.count) % names.count]
  }

  /// Each once: while a change is going on, a node may be there twice.
  private var nodes: [String] {
    let run = runs.first { $0["name"]?.text == chosen?.run }
    let names = (run?["nodes"]?.array ?? []).compactMap { $0["name"]?.text }
    return names.enumerated().filter { names.firstIndex(of: $1) == $0 }.map(\.element)
  }

  /// The node that the next change is about.
  private var node: String? {
    if let otherNode, nodes.contains(otherNode) { return otherNode }
    return chosen?.node ?? nodes.first
  }

  // MARK: The screen

  private func draw(_ size: (rows: Int, columns: Int)) {
    let items = TopText(runs).items.map(\.item)
    // A detector that gives its first score gets a node: the choice stays with its machine.
    if !items.contains(where: { $0 == chosen }) {
      chosen = items.first { $0.run == chosen?.run && $0.machine == chosen?.machine } ?? items.first
    }
    // A line that fills the last column would lose it when the rest of the line is cleared.
    let columns = max(1, size.columns - 1)
    let text = TopText(runs, columns: columns + 1, chosen: chosen)
    let panel = isAsking ? Self.fitted(panel.flatMap { $0.wrapped(columns) }, size.rows) : self.panel
    let room = isAsking ? size.rows - panel.count : max(1, size.rows - min(panel.count, max(0, size.rows - 4)))
    let place = text.items.first { $0.item == chosen }?.line ?? 0
    let first = max(0, min(place - room / 2, text.lines.count - room))
    var lines = Array(text.lines.dropFirst(first).prefix(room))
    while lines.count < room { lines.append(ScreenLine()) }
    let whole = (lines + panel).prefix(size.rows)
    Output.frame(whole.map { $0.shown(columns: columns, hasColours: Terminal.hasColours) })
  }

  /// The panel waits for a person: it comes before the table.
  private var isAsking: Bool {
    if case .planned = change?.stage { return true }
    if case .watching = mode { return false }
    return true
  }

  /// A panel that has too many lines for the screen keeps its last ones: what is typed, and what a key does.
  private static func fitted(_ panel: [ScreenLine], _ rows: Int) -> [ScreenLine] {
    guard panel.count > rows else { return panel }
    // Its first line is empty.
    let panel = panel.dropFirst()
    let last = min(rows, rows > 3 ? 2 : 1)
    guard panel.count > rows, rows > last else { return panel.suffix(rows) }
    let missing = ScreenLine("\(panel.count - rows + 1) more lines: make it larger", .yellow)
    return panel.prefix(rows - last - 1) + [missing] + panel.suffix(last)
  }

  /// The lines at the bottom: a question, a result, the keys.
  private var panel: [ScreenLine] {
    if let change, case .planned(let plan) = change.stage {
      return box(["\(change.run): \(change.words)"] + plan, "Do it? y: yes, any other key: no")
    }
    switch mode {
    case .typing(let prompt):
      return [
        ScreenLine(), ScreenLine(prompt.question, .bold), ScreenLine("  \(prompt.text)_"),
        ScreenLine("Enter: show the plan, Esc: leave"),
      ]
    case .reading(let lines): return box(lines, "any key: go on")
    case .help: return box(Self.help, "any key: go on")
    case .watching: return [ScreenLine(), ScreenLine(status)] + [ScreenLine(Self.keys, .bold)]
    }
  }

  private func box(_ lines: [String], _ last: String) -> [ScreenLine] {
    [ScreenLine()] + lines.map { ScreenLine($0) } + [ScreenLine(last, .bold)]
  }

  private var status: String {
    switch change?.stage {
    case .planning: return "\(change!.words): waiting for its plan"
    case .changing(let waiting): return "\(change!.words): \(waiting ?? "in progress")"
    default: break
    }
    guard let chosen else { return "no graph runs" }
    return "chosen: \(chosen.run), machine \(chosen.machine), node \(node ?? "-")"
  }

  private static let keys = "s set  w swap  h shadow  p promote  d discard  b roll back  ? help  q quit"
  private static let help = [
    "up, down     a machine                 left, right  a node of its graph",
    "s  set a parameter of the node while it runs",
    "w  swap the node: other parameters or another class; a detector learns anew",
    "h  run a candidate in the shadow of the node, on the same sound",
    "p  promote the candidate               d  discard it",
    "b  roll the last change back           q  quit; Ctrl-Z suspends",
    "Every change shows its plan first. Only y does it.",
  ]
}
