import CNodeABI

/// A node with an output reports here what it could not write: see outages.h.
///
/// Thread: control or worker, never realtime.
public struct Outages: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_outages>

  /// Nil: the host does not support it. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_OUTAGES, as: auscult_outages.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// Reports why nothing can be written from now on; nil: writing works again.
  public func say(_ problem: String?) { table.pointee.set(host, problem) }

  /// Reports that `count` tokens of a span of driver frames are lost.
  public func lost(_ count: Int, begin: Int64, end: Int64) { table.pointee.lost(host, begin, end, UInt64(count)) }
}
