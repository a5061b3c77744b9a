import CNodeABI
import RealtimeCore
import Synchronization

/// The realtime thread's part of a swap: it takes the new schedule and sets the frame position of the exchange.
extension RealtimeState {
  /// Takes the schedule that the control thread has stored, if a message slot is free to hand the old one back.
  @inline(__always) @_noLocks @_noAllocation
  mutating func takeSchedule() {
    if pending.load(ordering: .relaxed) == nil || messages.freeSlots == 0 { return }
    guard let next = pending.exchange(nil, ordering: .acquiringAndReleasing) else { return }
    let old = schedule
    schedule = next
    messages.push(
      RealtimeMessage(
        .scheduleRetired, first: position.load(ordering: .relaxed), pointer: UnsafeRawPointer(old)))
  }

  /// If the control thread asks for a swap's exchange, puts it at this cycle's start.
  @inline(__always) @_noLocks @_noAllocation
  func takeExchange() {
    if exchange.load(ordering: .relaxed) == nil { return }
    // Take the exchange's own schedule first.
    if pending.load(ordering: .relaxed) != nil { return }
    guard let wanted = exchange.exchange(nil, ordering: .acquiringAndReleasing), let schedule else { return }
    schedule.pointee.exchange(wanted, at: position.load(ordering: .relaxed), generations)
  }
}

extension RealtimeSchedule {
  /// Puts the exchange at a frame position. From there the other side judges and retuned nodes use their other values.
  @_noLocks @_noAllocation
  fileprivate func exchange(
    _ wanted: UnsafeMutablePointer<Atomic<Int64>>, at position: Int64, _ generations: Generations
  ) {
    guard let point else { return }
    let isForward = wanted == point.pointee.forward
    generations.note(isForward ? point.pointee.forwardGeneration : point.pointee.backGeneration, from: position)
    wanted.pointee.store(position, ordering: .releasing)
    for index in 0..<tuningCount { tunings[index].take(isForward: isForward) }
  }

  /// Whether the driver gets a step's samples. During a swap two steps may have the same channel, one before the
  /// exchange, one after it.
  @inline(__always) @_noLocks @_noAllocation
  func plays(_ side: SwapSide) -> Bool {
    guard side != .both, let point else { return true }
    return point.pointee.isNewSide == (side == .new)
  }
}
