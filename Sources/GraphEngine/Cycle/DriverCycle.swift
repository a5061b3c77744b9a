import CNodeABI
import RealtimeCore

/// What a driver hands over in one cycle.
public struct DriverCycle {
  /// Frames in this cycle; any number.
  public var frames: Int
  /// Frames that were lost just before this cycle, and why: AUSCULT_GAP_*.
  public var gapBefore: Int64
  public var gapCause: UInt32
  /// Nothing waits for this cycle: files, by hand, freewheel.
  public var hasNoDeadline: Bool
  /// The driver has no more frames; every node yields what it holds back. `frames` is 0.
  public var isEnd: Bool
  /// Samples [frames] of each external input, in the order of `Engine.externalInputs`.
  public var inputs: UnsafePointer<UnsafePointer<Float>?>?
  /// Of each external input: whether anything is connected to the driver's port. nil: all are.
  public var connected: UnsafePointer<UInt8>?
  /// Where the samples [frames] of each external output go, in the order of `Engine.externalOutputs`.
  public var outputs: UnsafePointer<UnsafeMutablePointer<Float>?>?

  @_noLocks @_noAllocation
  public init(
    frames: Int, gapBefore: Int64 = 0, gapCause: UInt32 = AUSCULT_GAP_XRUN, hasNoDeadline: Bool = false,
    isEnd: Bool = false, inputs: UnsafePointer<UnsafePointer<Float>?>? = nil, connected: UnsafePointer<UInt8>? = nil,
    outputs: UnsafePointer<UnsafeMutablePointer<Float>?>? = nil
  ) {
    self.frames = frames
    self.gapBefore = gapBefore
    self.gapCause = gapCause
    self.hasNoDeadline = hasNoDeadline
    self.isEnd = isEnd
    self.inputs = inputs
    self.connected = connected
    self.outputs = outputs
  }
}

/// The engine as the driver's realtime thread sees it.
public struct RealtimeEngine: @unchecked Sendable {
  let state: UnsafeMutablePointer<RealtimeState>

  /// Frame position of the next cycle.
  public var position: Int64 {
    @_noLocks @_noAllocation get { state.pointee.position.load(ordering: .relaxed) }
  }

  /// Counts an xrun that the server reported. Thread: any.
  @_noLocks @_noAllocation
  public func countXrun() { state.pointee.counters.xruns.add(1, ordering: .relaxed) }

  /// Counts a step of the server's clock that was taken back. Thread: realtime.
  @_noLocks @_noAllocation
  public func countLate() { state.pointee.counters.late.add(1, ordering: .relaxed) }

  /// Runs the current schedule over one cycle.
  ///
  /// Thread: realtime.
  @_noLocks @_noAllocation
  public func cycle(_ cycle: DriverCycle) { state.pointee.run(cycle) }
}
