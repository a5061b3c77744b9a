import CNodeABI

/// A node's remarks about its machines, for `auscult status`: see remarks.h.
public struct Remarks: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_remarks>

  /// Nil: the host does not support it. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_REMARKS, as: auscult_remarks.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// Sets the remark on a topic about a channel's machine. It replaces the last one on this topic; nil removes it.
  ///
  /// Thread: control or worker, never realtime.
  public func say(_ topic: String, _ channel: Int, _ text: String?) {
    table.pointee.set(host, UInt32(channel), topic, text)
  }
}
