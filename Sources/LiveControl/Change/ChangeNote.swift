/// A note about a change, in addition to its plan.
public enum ChangeNote: Sendable, Equatable {
  /// Overrides of earlier changes whose node or parameter is no longer in the file.
  case overridesWithoutPlace([String])
  /// An override of an earlier change, by `swap` or `set`, still replaces a value of the applied file.
  case overrideWins(String, origin: String)
  /// Overrides that were set for the node's previous class.
  case overridesOfOtherType([String])
  /// The library of the node to swap is the one that runs.
  case notRebuilt(library: String, build: String)
  /// The library's file was replaced, with the same build id.
  case sameBuild(library: String, build: String)
  /// `rollback` or `discard` ended a change before its new nodes judged.
  case gaveUpWarmUp
  /// The new nodes could not be tried first.
  case noTrial
  /// The text was written into the graph's file, or was not, for this reason.
  case saved(path: String)
  case notSaved(reason: String)
  /// A node was tried, except for its activation, which opens a device or a file.
  case notActivatedInTrial(node: String)
}

/// Why a change failed, if no diagnostic of the graph says so.
public enum ChangeProblem: Error, Sendable, Equatable {
  /// The command that requested it stopped reading its record while it waited.
  case abandoned
  /// It waited for a change whose new nodes have not yielded valid tokens for `seconds`.
  case waitedTooLong(request: String, seconds: Int64)
  case candidateRuns
  case noCandidate
  case noPreviousGraph
  /// `set` of a parameter that can't change while its node runs.
  case fixedParameter(String, node: String, className: String, values: [String])
  /// The swap was given up, or the old graph returned.
  case swapEnded(reason: String)
}
