import CNodeABI
import Synchronization

/// An event to record that is not a token: a lost connection, a server that is back.
public struct Notice: Sendable, Equatable {
  /// The `kind` of the record: "connection".
  public var kind: String
  public var state: String
  /// The node that it is about, its channel, and the channel's machine.
  public var node: String?
  public var channel: Int?
  public var machine: String?
  /// Frame position where it began; nil: it is instantaneous.
  public var begin: Int64?
  /// Further details, in this order.
  public var details: [Detail]

  public struct Detail: Sendable, Equatable {
    public var name: String
    public var text: String

    public init(_ name: String, _ text: String) {
      self.name = name
      self.text = text
    }
  }

  public init(
    _ kind: String, state: String, node: String? = nil, channel: Int? = nil, machine: String? = nil,
    begin: Int64? = nil, details: [Detail] = []
  ) {
    self.kind = kind
    self.state = state
    self.node = node
    self.channel = channel
    self.machine = machine
    self.begin = begin
    self.details = details
  }
}

extension Notice {
  /// Frames that a notice is about and that lie before its own positions.
  static func details(begin: Int64, end: Int64) -> [Detail] { [Detail("begin", "\(begin)"), Detail("end", "\(end)")] }

  /// What a failed node did not yield until another instance took over: a gap of cause `node`.
  package static func missing(at node: String, begin: Int64, end: Int64) -> Notice {
    Notice("gap", state: "node", node: node, begin: begin, details: details(begin: begin, end: end))
  }

  /// Tokens that an output could not write: a gap of cause `sink`. Its record has their positions, not the report's.
  package static func loss(_ count: Int, at node: String, begin: Int64, end: Int64) -> Notice {
    Notice(
      "gap", state: "sink", node: node, begin: begin,
      details: details(begin: begin, end: end) + [Detail("count", "\(count)")])
  }
}

/// Notices for the sinks. A notice stays until every node that fetches notices has had it. Nodes are known by name, so
/// that none is lost or doubled while one instance takes over from another.
package final class NoticeQueue: Sendable {
  private struct Reader {
    /// Number of instances with this name.
    package var instances: Int
    /// Number of the next notice for it.
    var next: Int
  }

  private struct State {
    package var notices: [StoredNotice] = []
    /// Number of the first stored notice.
    var first = 0
    var readers: [String: Reader] = [:]
    /// Frame position through which sinks have written. New notices end after it.
    var written = Int64.min
    /// Notices that a node did not fetch in time.
    package var lost = 0

    var end: Int { first + notices.count }

    /// Drops the notices that every node has had.
    mutating func discard() {
      let least = readers.values.map(\.next).min() ?? end
      guard least > first else { return }
      notices.removeFirst(min(least - first, notices.count))
      first = least
    }
  }

  /// Notices that are kept for a node. If it fetches none, it loses the oldest.
  static let capacity = 4096

  private let state = Mutex(State())

  package init() {}

  /// Begins a stream: positions count from 0 again. Notices of the stream before that a node has not fetched are lost to
  /// it, except those about its own losses, which it records itself.
  package func begin() {
    state.withLock { state in
      state.written = .min
      for (node, reader) in state.readers {
        let unread = state.notices.dropFirst(max(0, reader.next - state.first))
        state.lost += max(0, state.first - reader.next) + unread.count { !$0.isLoss(of: node) }
        state.readers[node]!.next = state.end
      }
      state.first = state.end
      state.notices = []
    }
  }

  package func enter(_ node: String) {
    state.withLock { state in
      var reader = state.readers[node] ?? Reader(instances: 0, next: state.end)
      reader.instances += 1
      state.readers[node] = reader
    }
  }

  package func leave(_ node: String) {
    state.withLock { state in
      guard let reader = state.readers[node] else { return }
      state.readers[node] = reader.instances > 1 ? Reader(instances: reader.instances - 1, next: reader.next) : nil
      state.discard()
    }
  }

  @discardableResult
  package func post(_ notice: Notice, at position: Int64) -> Int64 {
    state.withLock { state in
      let end = max(position, state.written == .min ? 0 : state.written + 1, state.notices.last?.end ?? 0)
      guard !state.readers.isEmpty else { return end }
      state.notices.append(StoredNotice(notice, end: end))
      if state.notices.count > Self.capacity {
        state.notices.removeFirst()
        state.first += 1
      }
      return end
    }
  }

  /// - Parameter through: the frame position through which the node is about to write.
  package func next(for node: String, through: Int64) -> StoredNotice? {
    state.withLock { state -> StoredNotice? in
      guard var reader = state.readers[node] else { return nil }
      if through != .max { state.written = max(state.written, through) }
      state.lost += max(0, state.first - reader.next)
      reader.next = max(reader.next, state.first)
      // A sink records its own losses itself.
      while reader.next < state.end, state.notices[reader.next - state.first].isLoss(of: node) { reader.next += 1 }
      guard reader.next < state.end, state.notices[reader.next - state.first].end <= through else {
        state.readers[node] = reader
        return nil
      }
      let notice = state.notices[reader.next - state.first]
      reader.next += 1
      state.readers[node] = reader
      state.discard()
      return notice
    }
  }

  /// Notices lost since the last call because nodes fetch too seldom.
  package func takeLost() -> Int {
    state.withLock { state in
      defer { state.lost = 0 }
      return state.lost
    }
  }
}

/// A notice in the form of the ABI.
package final class StoredNotice: @unchecked Sendable {
  package let end: Int64
  package let native: UnsafePointer<auscult_notice>
  private let arena: Arena
  private let node: String?
  private let isLoss: Bool

  func isLoss(of name: String) -> Bool { isLoss && node == name }

  package init(_ notice: Notice, end: Int64) {
    let arena = Arena()
    node = notice.node
    isLoss = notice.kind == "gap"
    let details = notice.details.map {
      auscult_notice_detail(name: arena.text($0.name), text: arena.text($0.text))
    }
    native = UnsafePointer(
      arena.array([
        auscult_notice(
          size: UInt32(MemoryLayout<auscult_notice>.size), channel: Int32(notice.channel ?? -1),
          kind: arena.text(notice.kind), state: arena.text(notice.state), node: notice.node.map { arena.text($0) },
          machine: notice.machine.map { arena.text($0) }, begin: min(max(0, notice.begin ?? end), end), end: end,
          detail_count: UInt32(details.count), reserved: 0, details: UnsafePointer(arena.array(details)))
      ]))
    self.arena = arena
    self.end = end
  }
}

/// The notices that one instance has fetched.
struct NoticeReading {
  var isOpen = false
  /// Its texts stay until the next notice is fetched.
  var last: StoredNotice?
}

/// The table that `auscult_host.extension` returns for `notices/1`.
let noticeAbility: NoticeAbility = {
  let table = UnsafeMutablePointer<auscult_notices>.allocate(capacity: 1)
  table.initialize(
    to: auscult_notices(
      size: UInt32(MemoryLayout<auscult_notices>.size), reserved: 0,
      next: { host, through, notice in
        guard let notice, let next = NodeHostRecord.of(host).nextNotice(through: through) else { return 0 }
        let byteCount = min(Int(notice.pointee.size), MemoryLayout<auscult_notice>.size)
        let size = notice.pointee.size
        UnsafeMutableRawPointer(notice).copyMemory(from: next, byteCount: byteCount)
        notice.pointee.size = size
        return 1
      }))
  return NoticeAbility(table: table)
}()

struct NoticeAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_notices>
}
