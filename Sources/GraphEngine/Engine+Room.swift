import GraphCompiler
import RealtimeCore

/// Room for a driver without a deadline: it waits for the workers rather than lose tokens.
extension Engine {
  /// Waits until every ring that the realtime thread feeds has room for a cycle of up to `quantaPerWait` quanta. Helps
  /// the workers meanwhile. Thread: the driver's, between cycles.
  public func awaitRoom() {
    guard let schedule = scheduleLock.withLock({ _ in schedule }), let pool else { return }
    var isFilling = false
    for link in schedule.realtimeLinks where !link.producer.pointee.isLossy {
      let ring = link.ring
      // The workers look by themselves every few milliseconds. To wake them for every cycle costs more than the cycle.
      if ring.pointee.used > ring.pointee.capacity / 4 { isFilling = true }
      let bytes = Compiler.quantaPerWait * link.producer.pointee.mostBytes
      if ring.pointee.hasRoom(for: bytes) { continue }
      // Until half of the ring is free, so that many cycles follow without another wait.
      let half = max(bytes, ring.pointee.capacity / 4)
      pool.wait(
        until: { ring.pointee.hasRoom(for: half) || ring.pointee.isEmpty || ring.pointee.isOverdue },
        look: { [self] in
          lookForLateNodes()
          return !services.calls.isOver
        })
    }
    if isFilling { pool.nudge() }
  }

  /// `awaitRoom` before a cycle of this length, if the room that it found last may be used up. Thread: the driver's,
  /// which must also be the control thread.
  public func awaitRoom(frames: Int) {
    if credit.take(frames: frames) { return }
    awaitRoom()
    credit = RoomCredit(quanta: quantaOfRoom)
    _ = credit.take(frames: frames)
  }

  /// Quanta that certainly fit into every ring that the realtime thread feeds; at least those of one wait, because an
  /// overdue node is not waited for.
  private var quantaOfRoom: Int {
    let room = schedule?.realtimeLinks.lazy.filter { !$0.producer.pointee.isLossy }.map { link in
      link.ring.pointee.recordsOfRoom(bytes: link.producer.pointee.mostBytes)
    }.min()
    return min(max(room ?? RoomCredit.most, Compiler.quantaPerWait), RoomCredit.most)
  }

  /// The most frames that one cycle without a deadline may have.
  public static var mostFramesWithoutDeadline: Int { Compiler.quantaPerWait * Compiler.quantum }
}
