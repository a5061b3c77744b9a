import CNodeABI
import CRealtime

/// Base of every node written in Swift: subclass it (`final`), give a `declaration`, override `process`.
///
/// The life of an instance: `init`, (`configure`, `activate`, `process` ..., `deactivate`) any number of times, release.
open class Node {
  /// What the class is called, its ports and parameters.
  open class var declaration: NodeDeclaration {
    preconditionFailure("a Node subclass must override `declaration`")
  }

  /// For sinks: whether an instance can go on with an output that another one has begun; see `Host.continuesOutput`.
  open class var canContinueOutput: Bool { false }

  /// For sinks: whether `reopen` does anything.
  open class var canReopenOutput: Bool { false }

  /// The host's services, and the node's name.
  public let host: Host

  /// Reads the parameters. The host has checked types, units, ranges and choices; throw `NodeError` for what only the
  /// node can tell.
  ///
  /// Thread: control.
  public required init(_ arguments: Arguments) throws {
    host = arguments.host
  }

  /// Learns the input formats, answers with the output formats.
  ///
  /// Thread: control, not active. The answer comes filled with one format for each output, a copy of the first input's.
  open func configure(_ setup: Setup, _ answer: inout Answer) throws {}

  /// Allocates all that `process` needs, and takes a fresh state: whatever was heard or learned before is forgotten.
  ///
  /// Thread: control, not active.
  open func activate() throws {}

  /// Forgets what was heard (not what was learned): called before the first sample after a gap.
  ///
  /// Thread: realtime or worker, active.
  @_noLocks @_noAllocation
  open func reset() {}

  /// Consumes all that the inputs hold, yields tokens.
  ///
  /// Thread: realtime or worker, active. An override carries both marks; the compiler then proves it.
  @_noLocks @_noAllocation
  open func process(_ cycle: Cycle) {}

  /// Whether parameters flagged `running` take new values without a new instance; then both of the next are overridden.
  open class var isTunable: Bool { false }

  /// What `take` will put in force, out of all the arguments: numbers of the node's own choosing.
  ///
  /// Thread: control, active. Nothing changes yet. Throws what is wrong with them.
  open func tuning(_ arguments: Arguments) throws -> [Double] { [] }

  /// Puts prepared numbers in force.
  ///
  /// Thread: realtime or worker, active, between two calls of `process`. An override carries both marks.
  @_noLocks @_noAllocation
  open func take(_ tuning: UnsafeBufferPointer<Double>) {}

  /// Asks a sink to close its output and to open it anew, adding to what is there: another program has moved the file
  /// away. Set an atomic flag here, and act on it in the next `work`.
  ///
  /// Thread: control, active, also while `process` runs.
  open func reopen() {}

  /// Thread: control, active.
  open func deactivate() {}

  /// What the trampoline calls; not for overriding outside NodeKit.
  func run(_ cycle: Cycle) -> auscult_status {
    process(cycle)
    return cycle.hasFailed ? AUSCULT_FAILED : AUSCULT_OK
  }
}

/// Base of nodes that run on workers only, where allocating, locking and writing files is allowed.
open class OffloadNode: Node {
  /// Consumes all that the inputs hold, yields tokens. An error that it throws quarantines the node; the graph runs on.
  ///
  /// Thread: worker, active.
  open func work(_ cycle: Cycle) throws {}

  @_noLocks @_noAllocation
  public final override func process(_ cycle: Cycle) {
    // Never reached: `run` goes to `work`, and the host never places an offload class on the realtime thread.
    cycle.fail("an offload node was placed on the realtime thread")
  }

  final override func run(_ cycle: Cycle) -> auscult_status {
    do {
      try work(cycle)
      return cycle.hasFailed ? AUSCULT_FAILED : AUSCULT_OK
    } catch {
      host.log(.error, "\(error)")
      cycle.fail("stopped after an error")
      return AUSCULT_FAILED
    }
  }
}

/// An error that a node reports from `init`, `configure`, `activate` or `work`.
public struct NodeError: Error, CustomStringConvertible {
  /// What is wrong, and what to do.
  public var text: String
  /// The parameter at fault, if one is.
  public var parameter: String?

  public init(_ text: String, parameter: String? = nil) {
    self.text = text
    self.parameter = parameter
  }

  public var description: String { text }
}
