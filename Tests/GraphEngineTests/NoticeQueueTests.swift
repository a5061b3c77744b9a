import NodeLife
import Testing

/// Notices that nobody has fetched when a stream ends.
@Suite struct NoticeQueueTests {
  @Test func aNewStreamCountsWhatWasNotFetched() {
    let queue = NoticeQueue()
    queue.enter("log")
    queue.post(Notice("connection", state: "lost", node: "mic", details: []), at: 100)
    queue.begin()
    #expect(queue.takeLost() == 1)
    #expect(queue.next(for: "log", through: .max) == nil)
    #expect(queue.takeLost() == 0)
  }

  /// A sink records its own losses itself.
  @Test func itsOwnLossesAreNotMissedByASink() {
    let queue = NoticeQueue()
    queue.enter("log")
    queue.post(Notice.loss(7, at: "log", begin: 0, end: 100), at: 100)
    queue.begin()
    #expect(queue.next(for: "log", through: .max) == nil)
    #expect(queue.takeLost() == 0)
  }

  @Test func fetchedNoticesAreNotLost() {
    let queue = NoticeQueue()
    queue.enter("log")
    queue.post(Notice("connection", state: "lost", node: "mic", details: []), at: 100)
    #expect(queue.next(for: "log", through: 200) != nil)
    queue.begin()
    #expect(queue.takeLost() == 0)
  }
}
