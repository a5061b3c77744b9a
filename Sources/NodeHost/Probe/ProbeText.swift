/// A child's report as text, instead of numbers.
extension ProbeChild {
  /// Text for the parent. What does not fit is cut off: about 8 KB fit.
  public func report(text: String) {
    let bytes = Array(text.utf8.prefix(8 * (ProbeMemory.mostResults - 1)))
    var numbers = [Int64(bytes.count)]
    for start in stride(from: 0, to: bytes.count, by: 8) {
      let number = bytes[start..<min(start + 8, bytes.count)].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      numbers.append(Int64(bitPattern: number))
    }
    report(numbers)
  }
}

extension ProbeOutcome {
  /// The text that the child reported; empty: none.
  public var text: String {
    guard let count = results.first, count >= 0, count <= Int64(8 * (results.count - 1)) else { return "" }
    let bytes = results.dropFirst().flatMap { number in (0..<8).map { UInt8(truncatingIfNeeded: number >> ($0 * 8)) } }
    return String(decoding: bytes.prefix(Int(count)), as: UTF8.self)
  }
}
