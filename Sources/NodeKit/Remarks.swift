import CNodeABI

/// What a node has to say of its machines for as long as it holds, for `auscult status`: see remarks.h.
public struct Remarks: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_remarks>

  /// Nil: the host takes none. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_REMARKS, as: auscult_remarks.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// Says something of what a channel listens to, in place of what was said under the same topic; nil takes it back.
  ///
  /// Thread: control or worker, never realtime.
  public func say(_ topic: String, _ channel: Int, _ text: String?) {
    table.pointee.set(host, UInt32(channel), topic, text)
  }
}
