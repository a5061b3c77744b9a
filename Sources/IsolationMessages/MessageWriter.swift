/// Writes a message: numbers in the machine's order without padding; texts and bytes after their length (UInt32), a
/// missing one with the length 0xffffffff.
public struct MessageWriter {
  public private(set) var bytes: [UInt8] = []
  public static let missing = UInt32.max

  public init() {}

  public mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  public mutating func add<T: BitwiseCopyable>(_ value: T) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  public mutating func add(_ flag: Bool) { add(UInt32(flag ? 1 : 0)) }

  public mutating func add(bytes values: UnsafeRawBufferPointer) {
    add(UInt32(values.count))
    bytes.append(contentsOf: values)
  }

  public mutating func add(text: String) {
    add(UInt32(text.utf8.count))
    bytes.append(contentsOf: text.utf8)
  }

  public mutating func add(text: UnsafePointer<CChar>?) {
    guard let text else { return add(Self.missing) }
    add(bytes: UnsafeRawBufferPointer(start: text, count: length(text)))
  }

  public mutating func add(texts: UnsafePointer<UnsafePointer<CChar>?>?, count: Int) {
    add(UInt32(texts == nil ? 0 : count))
    guard let texts else { return }
    for index in 0..<count { add(text: texts[index]) }
  }

  /// A list that a null pointer ends.
  public mutating func add(list: UnsafePointer<UnsafePointer<CChar>?>?) {
    var count = 0
    while list?[count] != nil { count += 1 }
    add(texts: list, count: count)
  }

  /// All of another message.
  public mutating func add(_ other: MessageWriter) { bytes += other.bytes }

  /// Without a length: the reader knows it.
  public mutating func add(plain values: UnsafeRawBufferPointer) { bytes.append(contentsOf: values) }

  private func length(_ text: UnsafePointer<CChar>) -> Int {
    var count = 0
    while text[count] != 0 { count += 1 }
    return count
  }
}
