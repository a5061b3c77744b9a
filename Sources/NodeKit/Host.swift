import CNodeABI

/// The host's services to one node.
public struct Host: @unchecked Sendable {
  public enum Level: Int32, Sendable {
    case debug = 0
    case info, warning, error
  }
  let pointer: UnsafePointer<auscult_host>

  /// Name of the graph.
  public var graph: String { String(cString: pointer.pointee.graph) }
  /// Name of the node.
  public var node: String { String(cString: pointer.pointee.node) }

  /// Shows a line to the person who runs the graph. Thread: control or worker, never realtime.
  public func log(_ level: Level, _ text: String) { pointer.pointee.log(pointer, level.rawValue, text) }

  /// Nanoseconds since the Unix epoch (UTC) at a driver frame position; nil: not known, as for most files. Thread:
  /// worker, active.
  public func wallTime(at position: Int64) -> Int64? {
    let time = pointer.pointee.wall_time(pointer, position)
    return time == Int64.min ? nil : time
  }

  /// Grows by one whenever the wall clock jumps. Thread: worker, active.
  public var clockSteps: UInt64 { pointer.pointee.clock_steps(pointer) }

  /// Nanoseconds since the Unix epoch at which a live run began; 0: not live, or the host does not say. It tells equal
  /// positions of two runs apart. Thread: worker, active.
  public var liveSince: Int64 { ability(AUSCULT_RUN, as: auscult_run.self)?.pointee.began(pointer) ?? 0 }

  /// Name of the run: of the graph, unless the run was given another one. Thread: control or worker.
  public var run: String {
    ability(AUSCULT_RUN, as: auscult_run.self)?.pointee.name(pointer).map { String(cString: $0) } ?? graph
  }

  /// The run's outputs are thrown away: a sink sends nothing and starts no program. Thread: control or worker.
  public var isRehearsal: Bool { ability(AUSCULT_RUN, as: auscult_run.self)?.pointee.is_rehearsal(pointer) == 1 }

  /// "sha256:..." of the graph of a generation; nil: no such graph has run, or the host does not say. Thread: control or
  /// worker.
  public func graphHash(generation: UInt32) -> String? {
    guard let run = ability(AUSCULT_RUN, as: auscult_run.self),
      run.pointee.size > MemoryLayout<auscult_run>.offset(of: \.graph_hash)!
    else { return nil }
    return run.pointee.graph_hash(pointer, generation).map { String(cString: $0) }
  }

  /// In a swap, the node takes over the output of the old node of the same name. What is there stays. The old node has
  /// written everything before the first `work`.
  public var continuesOutput: Bool { ability(AUSCULT_CONTINUE) != nil }

  /// Another ability of the host by name and version, such as `notices/1`; nil: it has none. Thread: control.
  func ability(_ name: String) -> UnsafeRawPointer? { pointer.pointee.extension?(pointer, name) }
  func ability<T>(_ name: String, as type: T.Type) -> UnsafePointer<T>? {
    ability(name)?.assumingMemoryBound(to: type)
  }

  /// The input file that the driver reads, if any. Thread: worker, active.
  public var file: String? { pointer.pointee.file(pointer).map { String(cString: $0) } }
}
