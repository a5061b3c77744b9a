import CNodeABI

/// What a node has to say of its machines for as long as it holds, for `auscult status`: see remarks.h.
public struct Remarks: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_remarks>

  /// Nil: the host takes none. Thread: control.
  public init?(_ host: Host) {
    guard let ask = host.pointer.pointee.extension, let table = ask(host.pointer, AUSCULT_REMARKS) else { return nil }
    self.host = host.pointer
    self.table = table.assumingMemoryBound(to: auscult_remarks.self)
  }

  /// Says something of what a channel listens to, in place of what was said under the same topic; nil takes it back.
  ///
  /// Thread: control or worker, never realtime.
  public func say(_ topic: String, _ channel: Int, _ text: String?) {
    table.pointee.set(host, UInt32(channel), topic, text)
  }
}
