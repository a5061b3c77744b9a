import CKernels
import CNodeABI
import RealtimeCore

/// Finds nodes that yield values that are not finite: NaN or infinity in audio, spectra, features or slices. Scores are
/// checked in every call, see `finishScores`.
///
/// On the realtime thread, one node's outputs are looked at in a quantum: those of the node whose last look is the
/// longest ago, among those that yielded something, and each node at most once in `pause` quanta. So the cost has a
/// bound, and a node that seldom yields has its turn as soon as it does. On a worker, each call is looked at, see
/// `yieldsNotFinite`.
struct ValueWatch {
  /// One node of the schedule.
  struct Place {
    let step: UnsafeMutablePointer<Step>
    var next: UnsafeMutablePointer<Place>?
    /// The quantum of the last look.
    var seen: Int64
  }

  /// The place whose last look is the longest ago, and the one that was looked at last.
  private var first: UnsafeMutablePointer<Place>?
  private var last: UnsafeMutablePointer<Place>?
  /// Quanta between two looks at one node.
  private let pause: Int64
  private var quantum: Int64 = 0

  private static let leastPause: Int64 = 32

  /// - Parameter places: of the nodes with outputs, in the order of their first looks. Thread: control.
  init(_ places: UnsafeMutablePointer<Place>, count: Int) {
    pause = max(Self.leastPause, Int64(count))
    for index in 0..<count {
      places[index].seen = -pause
      places[index].next = index + 1 < count ? places + index + 1 : nil
    }
    first = count > 0 ? places : nil
    last = count > 0 ? places + count - 1 : nil
  }

  /// The step whose output this quantum's look is for; nil: none is due that has yielded something.
  @inline(__always) @_noLocks @_noAllocation
  mutating func takeDue() -> UnsafeMutablePointer<Step>? {
    quantum &+= 1
    var before: UnsafeMutablePointer<Place>?
    var place = first
    while let due = place, quantum &- due.pointee.seen >= pause {
      if due.pointee.step.hasYielded {
        moveToEnd(due, behind: before)
        return due.pointee.step
      }
      before = due
      place = due.pointee.next
    }
    return nil
  }

  @inline(__always) @_noLocks @_noAllocation
  private mutating func moveToEnd(
    _ place: UnsafeMutablePointer<Place>, behind before: UnsafeMutablePointer<Place>?
  ) {
    place.pointee.seen = quantum
    guard let next = place.pointee.next else { return }
    if let before { before.pointee.next = next } else { first = next }
    last?.pointee.next = place
    place.pointee.next = nil
    last = place
  }
}

extension RealtimeState {
  /// Looks at the outputs of one node. A node that made values that are not finite from finite input is quarantined:
  /// its next call says so in its stream.
  @inline(never) @_noLocks @_noAllocation
  func lookAtValues(_ schedule: UnsafeMutablePointer<RealtimeSchedule>) {
    guard let step = schedule.pointee.values.takeDue() else { return }
    if !step.externalInputsAreFinite { noteInput(of: step) }
    if step.outputsAreFinite || !step.arrivalsAreFinite || !step.externalInputsAreFinite { return }
    step.pointee.state.hasFailed = true
    step.pointee.cycle.pointee.failure = constantText(notFiniteReason)
    report(step)
  }

  /// What a driver's input holds is no node's fault: it is reported once, and counted.
  @inline(never) @_noLocks @_noAllocation
  private func noteInput(of step: UnsafeMutablePointer<Step>) {
    let count = counters.notFiniteInputs.load(ordering: .relaxed)
    counters.notFiniteInputs.store(count &+ 1, ordering: .relaxed)
    if step.pointee.state.noteNotFiniteInput() {
      messages.push(
        RealtimeMessage(.inputNotFinite, node: step.pointee.node, first: position.load(ordering: .relaxed)))
    }
  }
}

private let notFiniteReason: StaticString = "yields what is not finite, from finite input"

extension UnsafeMutablePointer where Pointee == Step {
  /// For a worker, after a call: whether the node made values that are not finite from finite input.
  @_noLocks @_noAllocation
  func yieldsNotFinite() -> Bool {
    if outputsAreFinite || !inputsAreFinite { return false }
    pointee.cycle.pointee.failure = constantText(notFiniteReason)
    return true
  }

  /// It has yielded tokens in this call.
  fileprivate var hasYielded: Bool {
    @inline(__always) @_noLocks @_noAllocation get {
      for index in 0..<pointee.outputCount where pointee.outputs[index].block.count > 0 { return true }
      return false
    }
  }

  fileprivate var outputsAreFinite: Bool {
    @_noLocks @_noAllocation get {
      for index in 0..<pointee.outputCount where !pointee.outputs[index].block.pointer.pointee.valuesAreFinite {
        return false
      }
      return true
    }
  }

  /// The tokens of this call. Looked at only when an output is not finite.
  var inputsAreFinite: Bool { @_noLocks @_noAllocation get { areFinite(pointee.inputs) } }

  /// After the call. A join has then removed the tokens that its node took: those that arrived in this quantum stand
  /// for them.
  fileprivate var arrivalsAreFinite: Bool {
    @_noLocks @_noAllocation get { areFinite(pointee.joinSources ?? pointee.inputs) }
  }

  @_noLocks @_noAllocation
  private func areFinite(_ inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>) -> Bool {
    for index in 0..<pointee.inputCount {
      if let input = inputs[index], !input.pointee.valuesAreFinite { return false }
    }
    return true
  }

  /// Of a source: whether the driver's samples are finite.
  fileprivate var externalInputsAreFinite: Bool {
    @_noLocks @_noAllocation get {
      let frames = Int(pointee.cycle.pointee.clock.pointee.frames)
      for channel in 0..<pointee.externalInputCount {
        if let samples = pointee.cycle.pointee.external_inputs[channel], kernel_are_finite(samples, frames) == 0 {
          return false
        }
      }
      return true
    }
  }
}

extension auscult_block {
  /// Whether all values of audio, spectra, features or slices are finite.
  var valuesAreFinite: Bool {
    @_noLocks @_noAllocation get {
      let format = format.pointee
      if format.kind == AUSCULT_AUDIO { return channelsAreFinite(tokens: 1, width: Int(count)) }
      switch format.kind {
      case AUSCULT_SPECTRUM: return channelsAreFinite(tokens: Int(count), width: 2 * Int(format.columns))
      case AUSCULT_FEATURES, AUSCULT_SLICE:
        return channelsAreFinite(tokens: Int(count), width: Int(format.rows) * Int(format.columns))
      default: return true
      }
    }
  }

  @_noLocks @_noAllocation
  private func channelsAreFinite(tokens: Int, width: Int) -> Bool {
    for channel in 0..<Int(format.pointee.channels) {
      for token in 0..<tokens {
        let values = (data + place(token, channel)).assumingMemoryBound(to: Float.self)
        if kernel_are_finite(values, width) == 0 { return false }
      }
    }
    return true
  }
}
