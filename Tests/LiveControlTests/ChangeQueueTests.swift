import LiveControl
import RunControl
import Testing

/// The queue of changes.
@Suite struct ChangeQueueTests {
  private let request = ChangeRequest(.rollback)

  @Test func itIsLimited() throws {
    let queue = ChangeQueue()
    for number in 1...32 { #expect(try queue.submit(request) == number) }
    #expect(throws: ControlError.failed("32 changes wait already")) { try queue.submit(request) }
    #expect(queue.record(32)?.state == .waiting && queue.record(33) == nil)
  }

  @Test func itRefusesForAReason() throws {
    let queue = ChangeQueue()
    queue.refuse("not yet")
    #expect(throws: ControlError.failed("not yet")) { try queue.submit(request) }
    queue.refuse(nil)
    #expect(try queue.submit(request) == 1)
  }

  @Test func aRequestIsWhatTheProtocolCarries() throws {
    var request = ChangeRequest(.swap)
    (request.node, request.values, request.folder, request.timeout) = ("judge", ["learn=4s"], "/here", 2.5)
    #expect(try ChangeRequest(.swap, request.json) == request)
    #expect(request.words == "swap judge learn=4s")
    for wrong: JSONValue in [["node": ""], ["nodes": "judge"], ["node": "judge", "timeout": 0], [], [:]] {
      #expect(throws: ControlError.self) { try ChangeRequest(.swap, wrong) }
    }
  }
}
