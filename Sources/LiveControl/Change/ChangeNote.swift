/// What there is to say of a change beside its plan.
public enum ChangeNote: Sendable, Equatable {
  /// Overrides of earlier changes that the file has no node or parameter for any more.
  case overridesWithoutPlace([String])
  /// An override of an earlier change, by `swap` or `set`, that wins over the file that is applied.
  case overrideWins(String, origin: String)
  /// Overrides that the node's class before took.
  case overridesOfOtherType([String])
  /// The library of the node that is to be swapped is the one that runs.
  case notRebuilt(library: String, build: String)
  /// The library's file is another one, with the same build id.
  case sameBuild(library: String, build: String)
  /// `rollback` or `discard` ended a change before its new nodes judged.
  case gaveUpWarmUp
  /// The new nodes could not be tried out first.
  case noTrial
  /// A node was tried out, but for its activation, which opens a device or a file.
  case notActivatedInTrial(node: String)
}

/// Why a change failed, where no diagnostic of the graph says so.
public enum ChangeProblem: Error, Sendable, Equatable {
  /// The one who asked for it has not looked at it any more while it waited.
  case abandoned
  /// It waited for a change whose new nodes have not yielded valid tokens for so many seconds.
  case waitedTooLong(request: String, seconds: Int64)
  /// A candidate runs beside the graph.
  case candidateRuns
  /// No candidate runs beside the graph.
  case noCandidate
  case noPreviousGraph
  /// `set`, of a parameter that can't change while its node runs.
  case fixedParameter(String, node: String, className: String, values: [String])
  /// The swap was given up or taken back.
  case swapEnded(reason: String)
}
