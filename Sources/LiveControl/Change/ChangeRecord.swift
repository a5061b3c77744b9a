import GraphEngine
import GraphText
import RunControl

/// How far a requested change is, and what came of it.
public struct ChangeRecord: Sendable {
  public enum State: String, Sendable {
    /// Another change is still under way.
    case waiting
    /// The new nodes run beside the old ones until they yield valid tokens.
    case warming
    case done
    case failed
  }

  public internal(set) var state = State.waiting
  /// What happens to every node; nil until the new graph is read.
  public internal(set) var plan: SwapPlan?
  public internal(set) var notes: [ChangeNote] = []
  /// Errors and warnings, files by their whole paths.
  public internal(set) var diagnostics: [Diagnostic] = []
  /// Why it failed, where no diagnostic says so.
  public internal(set) var problem: ChangeProblem?
  public internal(set) var swap: SwapStatus?
  /// Frames per second.
  public internal(set) var rate = 0

  /// As the control protocol's method `change` answers.
  public var json: JSONValue {
    .members([
      "state": .text(state.rawValue), "plan": plan?.json, "notes": .texts(notes.map(\.description)),
      "diagnostics": .array(diagnostics.map { JSONValue($0) }), "problem": problem.map { .text($0.description) },
      "swap": swap?.json, "rate": .integer(rate),
    ])
  }
}
