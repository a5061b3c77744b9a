import CNodeABI
import Glibc

/// A node announces an event of its own to the sinks that record notices: see announce.h.
///
/// Thread: control or worker, never realtime.
public struct Announcements: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_announce>

  /// Nil: the host does not support it. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_ANNOUNCE, as: auscult_announce.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// - Parameter notice: its `begin` and `end` are the driver frame positions that it is about, or -1: the present ones.
  ///   Its `node` is not read.
  public func announce(_ notice: Notices.Notice) {
    var copies: [UnsafeMutablePointer<CChar>?] = []
    defer { for copy in copies { free(copy) } }
    let text = { (text: String) -> UnsafePointer<CChar>? in
      copies.append(strdup(text))
      return UnsafePointer(copies[copies.count - 1])
    }
    let details = notice.details.map { auscult_notice_detail(name: text($0.name), text: text($0.text)) }
    details.withUnsafeBufferPointer { details in
      var native = auscult_notice(
        size: UInt32(MemoryLayout<auscult_notice>.size), channel: Int32(notice.channel ?? -1),
        kind: text(notice.kind), state: text(notice.state), node: nil, machine: notice.machine.flatMap { text($0) },
        begin: notice.begin, end: notice.end, detail_count: UInt32(details.count), reserved: 0,
        details: details.baseAddress)
      table.pointee.announce(host, &native)
    }
  }
}
