import CNodeABI
import RealtimeCore

/// What a driver hands over in one cycle.
public struct DriverCycle {
  /// Frames in this cycle; any number.
  public var frames: Int
  /// Frames that were lost just before this cycle, and why: AUSCULT_GAP_*.
  public var gapBefore: Int64
  public var gapCause: UInt32
  /// The cycle has no realtime deadline: over files, by hand, in freewheel.
  public var hasNoDeadline: Bool
  /// Somebody may ask how long cycles took and what the inputs' levels are. To measure both takes longer than a node or
  /// two.
  public var isObserved: Bool
  /// The driver has no more frames; every node yields what it holds back. `frames` is 0.
  public var isEnd: Bool
  /// Samples [frames] of each external input, in the order of `Engine.externalInputs`.
  public var inputs: UnsafePointer<UnsafePointer<Float>?>?
  /// For each external input: whether anything is connected to the driver's port. nil: all are connected.
  public var connected: UnsafePointer<UInt8>?
  /// Where to write the samples [frames] of each external output, in the order of `Engine.externalOutputs`.
  public var outputs: UnsafePointer<UnsafeMutablePointer<Float>?>?

  @_noLocks @_noAllocation
  public init(
    frames: Int, gapBefore: Int64 = 0, gapCause: UInt32 = AUSCULT_GAP_XRUN, hasNoDeadline: Bool = false,
    isObserved: Bool = true, isEnd: Bool = false, inputs: UnsafePointer<UnsafePointer<Float>?>? = nil,
    connected: UnsafePointer<UInt8>? = nil, outputs: UnsafePointer<UnsafeMutablePointer<Float>?>? = nil
  ) {
    self.frames = frames
    self.gapBefore = gapBefore
    self.gapCause = gapCause
    self.hasNoDeadline = hasNoDeadline
    self.isObserved = isObserved
    self.isEnd = isEnd
    self.inputs = inputs
    self.connected = connected
    self.outputs = outputs
  }
}

/// The engine, as far as the driver's realtime thread may use it.
public struct RealtimeEngine: @unchecked Sendable {
  let state: UnsafeMutablePointer<RealtimeState>

  /// Frame position of the next cycle.
  public var position: Int64 {
    @_noLocks @_noAllocation get { state.pointee.position.load(ordering: .relaxed) }
  }

  /// Nanoseconds of all observed cycles so far. Thread: any.
  public var busyNanoseconds: Int64 { state.pointee.counters.busy.load(ordering: .relaxed) }

  /// Counts an xrun that the server reported. Thread: any.
  @_noLocks @_noAllocation
  public func countXrun() { state.pointee.counters.xruns.add(1, ordering: .relaxed) }

  /// Counts a cycle whose counter was read late: it stepped forward, and back at the next cycle. Thread: realtime.
  @_noLocks @_noAllocation
  public func countLate() { state.pointee.counters.late.add(1, ordering: .relaxed) }

  /// Runs the current schedule over one cycle.
  ///
  /// Thread: realtime.
  @_noLocks @_noAllocation
  public func cycle(_ cycle: DriverCycle) { state.pointee.run(cycle) }
}
