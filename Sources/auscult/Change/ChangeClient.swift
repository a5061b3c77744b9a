import FoundationEssentials
import Glibc
import GraphText
import LiveControl
import RunControl
import SystemCalls

/// The command's side of a change: requests it, prints what happens to every node, waits for the exchange, and prints its
/// position and durations.
final class ChangeClient {
  private static let interval = Duration.milliseconds(20)

  private let client: ControlClient
  private let isJSON: Bool
  private let isQuiet: Bool
  private let console = Console(level: .info, isJSON: false)
  private var hasShownPlan = false

  /// - Parameter isQuiet: prints errors and warnings only, for a command that reports in its own words.
  init(_ client: ControlClient, isJSON: Bool, isQuiet: Bool = false) {
    self.client = client
    self.isJSON = isJSON
    self.isQuiet = isQuiet
  }

  /// - Returns: whether the change was done.
  func follow(_ request: ChangeRequest) throws -> Bool {
    guard let id = try client.call(request.kind.rawValue, request.json)["change"] else {
      throw ControlProblem("the graph gave a broken answer")
    }
    while true {
      let ticket = try client.call("change", ["change": id])
      let isDone = ticket["state"] == "done"
      if !isJSON, !isQuiet { show(ticket) }
      if isDone || ticket["state"] == "failed" {
        console.endProgress()
        if isJSON { Output.line(ticket) } else { showEnd(ticket, request) }
        return isDone
      }
      Polling.pause(Self.interval)
    }
  }

  /// Prints the plan, once it exists, and what the change waits for.
  private func show(_ ticket: JSONValue) {
    if !hasShownPlan, let plan = ticket["plan"] {
      console.endProgress()
      hasShownPlan = true
      let notes = (plan["notes"]?.array ?? []) + (ticket["notes"]?.array ?? [])
      if plan["changes"] == false { Output.line("nothing changes") }
      if plan["changes"] != false { Output.line(SwapText(plan).plan(rate: ticket["rate"]?.integer ?? 0)) }
      for note in notes.compactMap(\.text) { Output.line(note) }
    }
    switch (ticket["state"]?.text, ticket["swap"]?["stage"]?.text) {
    case ("waiting", _): console.progress("waiting for the change in progress")
    case ("warming", "warming"): console.progress("the new nodes warm up until they yield valid tokens")
    default: break
    }
  }

  private func showEnd(_ ticket: JSONValue, _ request: ChangeRequest) {
    console.show((ticket["diagnostics"]?.array ?? []).compactMap { Diagnostic($0)?.relative })
    if ticket["state"] == "failed" {
      if let problem = ticket["problem"]?.text { console.error(problem) }
      if !isQuiet { console.info("nothing was changed") }
      return
    }
    guard !isQuiet, !request.isDryRun, ticket["plan"]?["changes"] != false, let swap = ticket["swap"] else { return }
    switch request.kind {
    case .shadow:
      Output.line(
        "the candidate runs in the shadow of \(request.node): next are `auscult shadow`, `auscult promote` or "
          + "`auscult discard`")
    case .discard: Output.line("the candidate has ended")
    default: Output.line(SwapText(swap).exchange)
    }
  }
}

extension Diagnostic {
  /// The diagnostic with a path relative to the working directory.
  var relative: Diagnostic {
    var diagnostic = self
    let here = FileManager.default.currentDirectoryPath + "/"
    if let file = location?.file, file.hasPrefix(here) {
      diagnostic.location?.file = String(file.dropFirst(here.count))
    }
    return diagnostic
  }
}
