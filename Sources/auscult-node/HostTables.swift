import CNodeABI
import IsolationMessages
import RealtimeCore

/// The abilities of the host that a node may ask for.
final class HostTables: @unchecked Sendable {
  static let shared = HostTables()

  private let arena = Arena()
  private let remarks: UnsafeRawPointer
  private let figures: UnsafeRawPointer
  private let outages: UnsafeRawPointer
  private let announce: UnsafeRawPointer
  private let run: UnsafeRawPointer
  private let notices: UnsafeRawPointer

  /// The table of an ability; nil: the host does not have it.
  func table(_ name: String, _ host: UnsafePointer<auscult_host>) -> UnsafeRawPointer? {
    var message = MessageWriter()
    message.add(text: name)
    if let (status, _) = NodeServer.shared.ask(.hasAbility, message), status != AUSCULT_OK { return nil }
    switch name {
    case AUSCULT_REMARKS: return remarks
    case AUSCULT_FIGURES: return figures
    case AUSCULT_OUTAGES: return outages
    case AUSCULT_ANNOUNCE: return announce
    case AUSCULT_RUN: return run
    case AUSCULT_NOTICES: return notices
    case AUSCULT_MODELS: return ModelTable.shared.table
    case AUSCULT_CONTINUE: return UnsafeRawPointer(host)
    default: return nil
    }
  }

  private init() {
    remarks = UnsafeRawPointer(arena.array([Self.remarkFunctions]))
    figures = UnsafeRawPointer(arena.array([Self.figureFunctions]))
    outages = UnsafeRawPointer(arena.array([Self.outageFunctions]))
    announce = UnsafeRawPointer(arena.array([Self.announceFunctions]))
    run = UnsafeRawPointer(arena.array([Self.runFunctions]))
    notices = UnsafeRawPointer(arena.array([Self.noticeFunctions]))
  }

  private static func size<T>(_ type: T.Type) -> UInt32 { UInt32(MemoryLayout<T>.size) }

  private static var remarkFunctions: auscult_remarks {
    auscult_remarks(
      size: size(auscult_remarks.self), reserved: 0,
      set: { _, channel, topic, text in
        var message = MessageWriter()
        message.add(channel)
        message.add(text: topic)
        message.add(text: text)
        NodeServer.shared.tell(.setRemark, message)
      })
  }

  private static var figureFunctions: auscult_figures {
    auscult_figures(
      size: size(auscult_figures.self), reserved: 0,
      set: { _, name, value in
        var message = MessageWriter()
        message.add(text: name)
        message.add(value)
        NodeServer.shared.tell(.setFigure, message)
      })
  }

  private static var outageFunctions: auscult_outages {
    auscult_outages(
      size: size(auscult_outages.self), reserved: 0,
      set: { _, problem in
        var message = MessageWriter()
        message.add(text: problem)
        NodeServer.shared.tell(.setProblem, message)
      },
      lost: { _, begin, end, count in
        var message = MessageWriter()
        message.add(begin)
        message.add(end)
        message.add(count)
        NodeServer.shared.tell(.lost, message)
      })
  }

  private static var announceFunctions: auscult_announce {
    auscult_announce(
      size: size(auscult_announce.self), reserved: 0,
      announce: { _, notice in
        guard let notice = notice?.pointee else { return }
        var message = MessageWriter()
        message.add(notice.channel)
        for text in [notice.kind, notice.state, notice.machine] { message.add(text: text) }
        message.add(notice.begin)
        message.add(notice.end)
        message.add(notice.detail_count)
        for index in 0..<Int(notice.detail_count) {
          message.add(text: notice.details[index].name)
          message.add(text: notice.details[index].text)
        }
        NodeServer.shared.tell(.announce, message)
      })
  }

  private static var runFunctions: auscult_run {
    auscult_run(
      size: size(auscult_run.self), reserved: 0, began: { _ in Facts.shared.facts.began },
      name: { host in Facts.shared.facts.name ?? host!.pointee.graph },
      is_rehearsal: { _ in Facts.shared.facts.isRehearsal },
      graph_hash: { _, generation in Facts.shared.graphHash(generation) })
  }

  private static var noticeFunctions: auscult_notices {
    auscult_notices(
      size: size(auscult_notices.self), reserved: 0,
      next: { _, through, notice in
        guard let notice else { return 0 }
        var message = MessageWriter()
        message.add(through)
        guard case (AUSCULT_OK, var answer)? = NodeServer.shared.ask(.nextNotice, message) else { return 0 }
        FetchedNotice.shared.read(&answer, into: notice)
        return 1
      })
  }
}

/// The notice that was fetched last; its texts live until the next one.
final class FetchedNotice: @unchecked Sendable {
  static let shared = FetchedNotice()
  private var arena = Arena()

  func read(_ message: inout MessageReader, into notice: UnsafeMutablePointer<auscult_notice>) {
    arena = Arena()
    notice.pointee.channel = message.number()
    notice.pointee.kind = message.nativeText(arena)
    notice.pointee.state = message.nativeText(arena)
    notice.pointee.node = message.nativeText(arena)
    notice.pointee.machine = message.nativeText(arena)
    notice.pointee.begin = message.number()
    notice.pointee.end = message.number()
    let details = (0..<message.count(least: 8)).map { _ in
      auscult_notice_detail(name: message.nativeText(arena), text: message.nativeText(arena))
    }
    notice.pointee.detail_count = UInt32(details.count)
    notice.pointee.details = UnsafePointer(arena.array(details))
  }
}
