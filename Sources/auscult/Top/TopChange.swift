import FoundationEssentials
import LiveControl
import RunControl

/// A change that a person at `auscult top` asks a running graph for: first its plan, then the change itself.
final class TopChange {
  enum Stage: Equatable {
    /// The graph works out the plan.
    case planning
    /// The plan is known. Nothing happens without `confirm`.
    case planned([String])
    case changing(String?)
    /// The result, or why there is none.
    case over([String])
  }

  let run: String
  private(set) var stage = Stage.planning
  private var request: ChangeRequest
  private var id: JSONValue?

  /// Asks for the plan.
  ///
  /// - Parameter run: the running graph's name.
  init(_ request: ChangeRequest, of run: String) {
    self.run = run
    self.request = request
    self.request.folder = request.values.isEmpty ? nil : FileManager.default.currentDirectoryPath
    self.request.isDryRun = true
    submit()
  }

  /// "swap judge learn=4s"
  var words: String { request.words }

  func confirm() {
    request.isDryRun = false
    stage = .changing(nil)
    submit()
  }

  /// Asks the graph how it goes.
  func look() {
    guard stage == .planning || isChanging, let id else { return }
    guard let answer = call("change", ["change": id]) else { return }
    let ticket = ChangeTicket(answer)
    if ticket.hasFailed {
      let words = ticket.diagnostics.map(\.rendered) + [ticket.problem, "nothing was changed"].compactMap { $0 }
      stage = .over(lines(words))
    } else if ticket.isDone {
      let plan = lines(ticket.plan ?? [])
      if request.isDryRun {
        stage = answer["plan"]?["changes"] == false ? .over(plan) : .planned(plan)
      } else {
        stage = .over(lines([ticket.result(of: request) ?? "nothing has changed"]))
      }
    } else if isChanging {
      stage = .changing(ticket.waiting)
    }
  }

  private var isChanging: Bool { if case .changing = stage { true } else { false } }

  private func lines(_ texts: [String]) -> [String] {
    texts.flatMap { $0.split(separator: "\n").map(String.init) }
  }

  private func submit() { id = call(request.kind.rawValue, request.json)?["change"] }

  /// Nil: the graph gave no answer, which ends the change here.
  private func call(_ method: String, _ parameters: JSONValue) -> JSONValue? {
    do {
      return try RunLookup.client(run) { try $0.call(method, parameters) }
    } catch let failure as Failure {
      stage = .over([failure.text])
    } catch {
      stage = .over(["\(error)"])
    }
    return nil
  }
}
