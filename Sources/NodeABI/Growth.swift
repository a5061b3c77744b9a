import CNodeABI

/// Whether a struct of the ABI has a member that a later minor version added: AUSCULT_HAS of node.h. `size` is its
/// number of bytes, as set by its allocator.
public func hasMember<Struct, Member>(_ size: UInt32, _ member: KeyPath<Struct, Member>) -> Bool {
  Int(size) >= MemoryLayout<Struct>.offset(of: member)! + MemoryLayout<Member>.size
}

extension auscult_error {
  /// An error for the other side to fill.
  public static var empty: auscult_error {
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    return error
  }

  /// Writes what is wrong, cut to the room that there is.
  public mutating func set(_ message: String, parameter name: String = "") {
    withUnsafeMutableBytes(of: &text) { put(message, into: $0) }
    withUnsafeMutableBytes(of: &parameter) { put(name, into: $0) }
  }

  /// What is wrong, and what to do.
  public var message: String { withUnsafeBytes(of: text, textUpToZero) }
  /// Name of the wrong parameter, or nil.
  public var parameterName: String? {
    let name = withUnsafeBytes(of: parameter, textUpToZero)
    return name.isEmpty ? nil : name
  }
}

private func put(_ text: String, into bytes: UnsafeMutableRawBufferPointer) {
  let utf8 = text.utf8.prefix(bytes.count - 1)
  bytes.copyBytes(from: utf8)
  bytes[utf8.count] = 0
}

private func textUpToZero(_ bytes: UnsafeRawBufferPointer) -> String {
  String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
}
