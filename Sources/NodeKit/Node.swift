import CNodeABI
import CRealtime

/// Base of every node in Swift: subclass it (`final`), give a `declaration`, override `process`.
///
/// The life of an instance: `init`, (`configure`, `activate`, `process` ..., `deactivate`) any number of times, release.
open class Node {
  /// The name, ports and parameters of the class.
  open class var declaration: NodeDeclaration {
    preconditionFailure("a Node subclass must override `declaration`")
  }

  /// For sinks: whether an instance can continue an output of another instance; see `Host.continuesOutput`.
  open class var canContinueOutput: Bool { false }

  /// For sinks: whether `reopen` is overridden.
  open class var canReopenOutput: Bool { false }

  /// The host's services, and the node's name.
  public let host: Host

  /// Reads the parameters. The host has checked types, units, ranges and choices. Throw `NodeError` for anything else.
  ///
  /// Thread: control.
  public required init(_ arguments: Arguments) throws {
    host = arguments.host
  }

  /// Reads the input formats and sets the output formats.
  ///
  /// Thread: control, not active. At first the answer holds one format per output, a copy of the first input's.
  open func configure(_ setup: Setup, _ answer: inout Answer) throws {}

  /// Allocates everything that `process` needs, and sets a fresh state without anything heard or learned before.
  ///
  /// Thread: control, not active.
  open func activate() throws {}

  /// Forgets what was heard, but not what was learned. Called before the first sample after a gap.
  ///
  /// Thread: realtime or worker, active.
  @_noLocks @_noAllocation
  open func reset() {}

  /// Consumes all tokens of the inputs and yields tokens.
  ///
  /// Thread: realtime or worker, active. An override must carry both marks; the compiler then proves them.
  @_noLocks @_noAllocation
  open func process(_ cycle: Cycle) {}

  /// Whether the class can apply new values of `running` parameters without a new instance. Then override both below.
  open class var isTunable: Bool { false }

  /// Computes from all arguments the numbers that `take` will apply. The node chooses their meaning.
  ///
  /// Thread: control, active. Nothing changes yet. Throws if an argument is wrong.
  open func tuning(_ arguments: Arguments) throws -> [Double] { [] }

  /// Applies prepared numbers.
  ///
  /// Thread: realtime or worker, active, between two calls of `process`. An override must carry both marks.
  @_noLocks @_noAllocation
  open func take(_ tuning: UnsafeBufferPointer<Double>) {}

  /// Asks a sink to close its output, open it again and append, after another program has moved the file. Only set an
  /// atomic flag here, and act on it in the next `work`.
  ///
  /// Thread: control, active, also while `process` runs.
  open func reopen() {}

  /// Thread: control, active.
  open func deactivate() {}

  /// Called by the trampoline; not for overriding outside NodeKit.
  func run(_ cycle: Cycle) -> auscult_status {
    process(cycle)
    return cycle.hasFailed ? AUSCULT_FAILED : AUSCULT_OK
  }
}

/// Base of nodes that run on workers only. They may allocate, lock and write files.
open class OffloadNode: Node {
  /// Consumes all tokens of the inputs and yields tokens. An error quarantines the node; the graph runs on.
  ///
  /// Thread: worker, active.
  open func work(_ cycle: Cycle) throws {}

  @_noLocks @_noAllocation
  public final override func process(_ cycle: Cycle) {
    // Never called: `run` calls `work`, and the host never places an offload class on the realtime thread.
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
  /// Name of the wrong parameter, if there is one.
  public var parameter: String?

  public init(_ text: String, parameter: String? = nil) {
    self.text = text
    self.parameter = parameter
  }

  public var description: String { text }
}
