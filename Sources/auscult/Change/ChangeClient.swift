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
      let ticket = ChangeTicket(try client.call("change", ["change": id]))
      if !isJSON, !isQuiet { show(ticket) }
      if ticket.isDone || ticket.hasFailed {
        console.endProgress()
        if isJSON { Output.line(ticket.json) } else { showEnd(ticket, request) }
        return ticket.isDone
      }
      Polling.pause(Self.interval)
    }
  }

  /// Prints the plan, once it exists, and what the change waits for.
  private func show(_ ticket: ChangeTicket) {
    if !hasShownPlan, let plan = ticket.plan {
      console.endProgress()
      hasShownPlan = true
      for line in plan { Output.line(line) }
    }
    if let waiting = ticket.waiting { console.progress(waiting) }
  }

  private func showEnd(_ ticket: ChangeTicket, _ request: ChangeRequest) {
    console.show(ticket.diagnostics)
    if ticket.hasFailed {
      if let problem = ticket.problem { console.error(problem) }
      if !isQuiet { console.info("nothing was changed") }
      return
    }
    if !isQuiet, let result = ticket.result(of: request) { Output.line(result) }
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
