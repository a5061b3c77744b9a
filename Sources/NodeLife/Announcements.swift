import CNodeABI

/// Events that nodes announce, for the sinks that record notices.
///
/// In a live run they are notices like others. Over files, they wait until the stream ends: an announcement comes when
/// its node gets to it, and the order of records must not depend on that.
extension HostServices {
  /// The most details of an announcement.
  static let mostDetails = 32

  /// Begins a stream: positions count from 0 again.
  package func beginNotices() {
    notices.begin()
    lastNotices.begin()
  }

  /// Notices lost since the last call because nodes fetch too seldom.
  package func takeLostNotices() -> Int { notices.takeLost() + lastNotices.takeLost() }

  func announce(_ notice: auscult_notice, by node: String) {
    guard let kind = notice.kind, let state = notice.state else { return }
    var event = Notice(
      String(cString: kind), state: String(cString: state), node: node,
      channel: notice.channel < 0 ? nil : Int(notice.channel), machine: notice.machine.map { String(cString: $0) })
    if notice.end >= 0 {
      event.begin = min(max(0, notice.begin), notice.end)
      event.details = Notice.details(begin: min(max(0, notice.begin), notice.end), end: notice.end)
    }
    for index in 0..<min(Int(notice.detail_count), Self.mostDetails) {
      guard let detail = notice.details?[index], let name = detail.name, let text = detail.text else { continue }
      event.details.append(Notice.Detail(String(cString: name), String(cString: text)))
    }
    (liveSince == 0 ? lastNotices : notices).post(event, at: max(0, notice.end))
  }
}

private struct AnnounceAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_announce>
}

/// The table that `auscult_host.extension` returns for `announce/1`.
var announceAbilityTable: UnsafeRawPointer { UnsafeRawPointer(announceAbility.table) }

private let announceAbility: AnnounceAbility = {
  let table = UnsafeMutablePointer<auscult_announce>.allocate(capacity: 1)
  table.initialize(
    to: auscult_announce(
      size: UInt32(MemoryLayout<auscult_announce>.size), reserved: 0,
      announce: { host, notice in
        guard let notice, Int(notice.pointee.size) >= MemoryLayout<auscult_notice>.size else { return }
        let record = NodeHostRecord.of(host)
        record.services.announce(notice.pointee, by: record.nodeName)
      }))
  return AnnounceAbility(table: table)
}()
