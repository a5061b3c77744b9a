import CNodeABI

/// What a node that writes into the world has to say of what did not get there: see outages.h.
///
/// Thread: control or worker, never realtime.
public struct Outages: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_outages>

  /// Nil: the host takes none. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_OUTAGES, as: auscult_outages.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// From now on nothing can be written, and why; nil: it can again.
  public func say(_ problem: String?) { table.pointee.set(host, problem) }

  /// So many tokens of a span of driver frames are lost.
  public func lost(_ count: Int, begin: Int64, end: Int64) { table.pointee.lost(host, begin, end, UInt64(count)) }
}
