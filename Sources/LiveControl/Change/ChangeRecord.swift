import GraphEngine
import GraphText
import RunControl

/// The progress and the result of a requested change.
public struct ChangeRecord: Sendable {
  public enum State: String, Sendable {
    /// Another change is still in progress.
    case waiting
    /// The new nodes run next to the old ones until they yield valid tokens.
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
  /// Why it failed, if no diagnostic says so.
  public internal(set) var problem: ChangeProblem?
  public internal(set) var swap: SwapStatus?
  /// Frames per second.
  public internal(set) var rate = 0

  /// The answer of the control protocol's method `change`.
  public var json: JSONValue {
    .members([
      "state": .text(state.rawValue), "plan": plan?.json, "notes": .texts(notes.map(\.description)),
      "diagnostics": .array(diagnostics.map { JSONValue($0) }), "problem": problem.map { .text($0.description) },
      "swap": swap?.json, "rate": .integer(rate),
    ])
  }
}
