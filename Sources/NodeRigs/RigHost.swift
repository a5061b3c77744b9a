import CNodeABI
import NodeLife
import Synchronization

/// The host's services for a node on a rig.
public final class RigHost {
  public let native: UnsafeMutablePointer<auscult_host>
  /// The node's outputs are thrown away.
  public var isRehearsal = false
  private let memory = RigMemory()
  private let lines = Mutex<[String]>([])
  private var filePointers: [String: UnsafePointer<CChar>] = [:]

  /// The current input file.
  public var file: String?
  public var clockSteps: UInt64 = 0
  /// Nanoseconds since the epoch at position 0, and driver frames in a second.
  public var anchor: Int64 = 0
  public var rate = 48000
  /// Nanoseconds since the epoch at which a live run began; 0: not live.
  public var liveSince: Int64 = 0

  /// What the node has logged.
  public var log: [String] { lines.withLock { $0 } }

  init(graph: String, node: String) {
    native = .allocate(capacity: 1)
    native.initialize(
      to: auscult_host(
        size: UInt32(MemoryLayout<auscult_host>.size), context: nil, graph: memory.text(graph),
        node: memory.text(node),
        log: { host, _, text in
          let line = String(cString: text!)
          rigHost(host).lines.withLock { $0.append(line) }
        },
        wall_time: { rigHost($0).time($1) }, clock_steps: { rigHost($0).clockSteps },
        file: { rigHost($0).filePointer },
        extension: { _, name in
          let name = String(cString: name!)
          return name == AUSCULT_RUN ? UnsafeRawPointer(rigRun.table) : hostAbility(name)
        }))
    native.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit { native.deallocate() }

  private func time(_ position: Int64) -> Int64 {
    let rate = Int64(rate)
    return anchor + position / rate * 1_000_000_000 + position % rate * 1_000_000_000 / rate
  }

  private var filePointer: UnsafePointer<CChar>? {
    guard let file else { return nil }
    if filePointers[file] == nil { filePointers[file] = memory.text(file) }
    return filePointers[file]
  }
}

private func rigHost(_ host: UnsafePointer<auscult_host>?) -> RigHost {
  Unmanaged<RigHost>.fromOpaque(host!.pointee.context).takeUnretainedValue()
}

private struct RigRun: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_run>
}

private let rigRun: RigRun = {
  let table = UnsafeMutablePointer<auscult_run>.allocate(capacity: 1)
  table.initialize(
    to: auscult_run(
      size: UInt32(MemoryLayout<auscult_run>.size), reserved: 0, began: { host in rigHost(host).liveSince },
      name: { host in host!.pointee.graph }, is_rehearsal: { host in rigHost(host).isRehearsal ? 1 : 0 },
      graph_hash: { _, _ in nil }))
  return RigRun(table: table)
}()
