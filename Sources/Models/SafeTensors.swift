import JSONText

/// A tensor in a model file.
public struct Tensor: Sendable, Equatable {
  public enum Kind: String, Sendable {
    case float32 = "F32"
    case float64 = "F64"
    public var bytes: Int { self == .float32 ? 4 : 8 }
  }
  public var kind: Kind
  /// Row-major; empty: a single number.
  public var shape: [Int]
  /// Little-endian.
  public var bytes: [UInt8]

  public init(kind: Kind, shape: [Int], bytes: [UInt8]) {
    self.kind = kind
    self.shape = shape
    self.bytes = bytes
  }
}

/// The .safetensors format (https://huggingface.co/docs/safetensors): 8 bytes with the header's length, the header as
/// JSON, the tensors' bytes. Checks everything in the header.
public enum SafeTensors {
  /// The most bytes of a header.
  static let headerLimit = 16 << 20

  struct Entry {
    var kind: Tensor.Kind
    var shape: [Int]
    /// Offsets into the file.
    var range: Range<Int>
  }

  /// Reads and checks the header. Copies no tensor.
  static func read(_ path: String, _ bytes: UnsafeRawBufferPointer) throws(ModelError) -> (
    metadata: [String: String], entries: [String: Entry]
  ) {
    guard bytes.count >= 8 else { throw damaged(path, "it has only \(bytes.count) bytes") }
    let length = UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    guard length <= UInt64(headerLimit) else {
      throw damaged(path, "its header claims \(length) bytes; this is not a .safetensors file")
    }
    guard Int(length) <= bytes.count - 8 else {
      throw damaged(path, "its header claims \(length) bytes, \(bytes.count - 8) are there: it is cut short")
    }
    let start = 8 + Int(length)
    let header: JSONValue
    do {
      header = try JSONValue(parsing: bytes[8..<start])
    } catch {
      throw damaged(path, "its header is not JSON: \(error)")
    }
    guard case .object(let members) = header else { throw damaged(path, "its header is not a JSON object") }
    var metadata: [String: String] = [:]
    var entries: [String: Entry] = [:]
    for (name, value) in members {
      guard !name.utf8.contains(0) else { throw damaged(path, "the name of a tensor has the character NUL (U+0000)") }
      if name == "__metadata__" {
        metadata = (value.object ?? [:]).compactMapValues(\.text)
      } else {
        entries[name] = try entry(path, name, value, start: start, end: bytes.count)
      }
    }
    try checkCover(path, entries, start: start, end: bytes.count)
    return (metadata, entries)
  }

  private static func entry(
    _ path: String, _ name: String, _ value: JSONValue, start: Int, end: Int
  ) throws(ModelError) -> Entry {
    let what = "its tensor '\(name.prefix(80))'"
    guard let type = value["dtype"]?.text, let kind = Tensor.Kind(rawValue: type) else {
      throw damaged(path, "\(what) is neither F32 nor F64")
    }
    guard let sizes = value["shape"]?.array, sizes.count <= 8 else { throw damaged(path, "\(what) has no shape") }
    var shape: [Int] = []
    var count = 1
    for size in sizes {
      guard let size = size.integer, size >= 0, size <= 1 << 40 else { throw damaged(path, "\(what) has no shape") }
      let (product, overflows) = count.multipliedReportingOverflow(by: Int(size))
      guard !overflows else { throw damaged(path, "\(what) is absurdly large") }
      count = product
      shape.append(Int(size))
    }
    let offsets = value["data_offsets"]?.array?.compactMap(\.integer) ?? []
    guard offsets.count == 2, offsets[0] >= 0, offsets[1] >= offsets[0], offsets[1] <= Int64(end - start) else {
      throw damaged(path, "\(what) lies outside of the file: it is cut short, or not whole")
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: kind.bytes)
    guard !overflows, offsets[1] - offsets[0] == Int64(size) else {
      throw damaged(path, "\(what) has another size than its shape says")
    }
    return Entry(kind: kind, shape: shape, range: (start + Int(offsets[0]))..<(start + Int(offsets[1])))
  }

  /// The tensors fill the file without holes or overlaps.
  private static func checkCover(
    _ path: String, _ entries: [String: Entry], start: Int, end: Int
  ) throws(ModelError) {
    var place = start
    let ranges = entries.values.map(\.range).sorted { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }
    for range in ranges {
      guard range.lowerBound == place else { throw damaged(path, "its tensors overlap or leave holes") }
      place = range.upperBound
    }
    guard place == end else { throw damaged(path, "\(end - place) bytes at its end belong to no tensor") }
  }

  static func damaged(_ path: String, _ text: String) -> ModelError {
    ModelError(path: path, text: "is not a valid model file: \(text). Train it again")
  }

  /// The bytes of a file: metadata and tensors sorted by name, so that equal content gives equal files.
  public static func write(_ path: String, metadata: [String: String], tensors: [String: Tensor]) throws(ModelError) {
    let names = tensors.keys.sorted { (tensors[$0]!.kind.bytes, $1) > (tensors[$1]!.kind.bytes, $0) }
    var members: [String: JSONValue] = ["__metadata__": .object(metadata.mapValues { .text($0) })]
    var offset = 0
    for name in names {
      let tensor = tensors[name]!
      members[name] = [
        "dtype": .text(tensor.kind.rawValue), "shape": .array(tensor.shape.map { .integer(Int64($0)) }),
        "data_offsets": [.integer(Int64(offset)), .integer(Int64(offset + tensor.bytes.count))],
      ]
      offset += tensor.bytes.count
    }
    var header = JSONValue.object(members).json
    // Spaces up to the next multiple of 8, so that the tensors are aligned.
    while header.count % 8 != 0 { header.append(UInt8(ascii: " ")) }
    var body = withUnsafeBytes(of: UInt64(header.count).littleEndian) { Array($0) } + header
    body.reserveCapacity(body.count + offset)
    for name in names { body += tensors[name]!.bytes }
    try replaceFile(path, with: body)
  }
}

// MARK: Any file

extension SafeTensors {
  /// All tensors of a file, also without a model's metadata.
  package static func tensors(path: String) throws(ModelError) -> [String: Tensor] {
    let mapped = try MappedFile(path: path)
    let entries = try read(path, mapped.bytes).entries
    return entries.mapValues { entry in
      Tensor(kind: entry.kind, shape: entry.shape, bytes: Array(mapped.bytes[entry.range]))
    }
  }
}

extension Tensor {
  /// Its values, of either kind.
  package var numbers: [Double] {
    bytes.withUnsafeBytes { bytes in
      switch kind {
      case .float32: bytes.bindMemory(to: Float.self).map(Double.init)
      case .float64: Array(bytes.bindMemory(to: Double.self))
      }
    }
  }
}
