import CNodeABI
import Glibc
import IsolationMessages
import NodeABI
import RealtimeCore

/// The `auscult_host` of the instance in this process: passes everything on to the real host.
final class NodeHostHere {
  let native: UnsafeMutablePointer<auscult_host>
  private let arena = Arena()

  init(graph: UnsafePointer<CChar>?, node: UnsafePointer<CChar>?) {
    var host = auscult_host()
    host.size = UInt32(MemoryLayout<auscult_host>.size)
    host.graph = graph
    host.node = node
    host.log = { _, level, text in
      var message = MessageWriter()
      message.add(UInt32(bitPattern: level))
      message.add(text: text)
      NodeServer.shared.tell(.log, message)
    }
    host.wall_time = { _, position in
      var message = MessageWriter()
      message.add(position)
      guard var (_, answer) = NodeServer.shared.ask(.wallTime, message) else { return .min }  // AUSCULT_NO_TIME
      return answer.number()
    }
    host.clock_steps = { _ in
      guard var (_, answer) = NodeServer.shared.ask(.clockSteps) else { return 0 }
      return answer.number()
    }
    host.file = { _ in Facts.shared.file }
    host.extension = { host, name in
      guard let host, let name else { return nil }
      return HostTables.shared.table(String(cString: name), host)
    }
    native = arena.array([host])
  }
}

/// What the host has said, kept for the node.
final class Facts: @unchecked Sendable {
  static let shared = Facts()
  private var arena = Arena()
  private var run: (began: Int64, name: UnsafePointer<CChar>?, isRehearsal: Int32)?

  /// The input file, valid until `process` returns.
  var file: UnsafePointer<CChar>? {
    guard var (_, answer) = NodeServer.shared.ask(.file) else { return nil }
    fileText = Arena()
    return answer.nativeText(fileText)
  }
  private var fileText = Arena()

  private var hashes: [UInt32: UnsafePointer<CChar>] = [:]

  /// Of the graph of a generation; its text lives as long as the process.
  func graphHash(_ generation: UInt32) -> UnsafePointer<CChar>? {
    if let known = hashes[generation] { return known }
    var message = MessageWriter()
    message.add(generation)
    guard case (AUSCULT_OK, var answer)? = NodeServer.shared.ask(.graphHash, message) else { return nil }
    let text = answer.nativeText(arena)
    hashes[generation] = text
    return text
  }

  /// The run's facts never change.
  var facts: (began: Int64, name: UnsafePointer<CChar>?, isRehearsal: Int32) {
    if let run { return run }
    guard case (AUSCULT_OK, var answer)? = NodeServer.shared.ask(.beganAt) else { return (0, nil, 0) }
    let began = answer.number(Int64.self)
    let name = answer.nativeText(arena)
    let facts = (began, name, Int32(bitPattern: answer.number(UInt32.self)))
    // A live run's begin is known once it is active.
    if began != 0 { run = facts }
    return facts
  }
}
