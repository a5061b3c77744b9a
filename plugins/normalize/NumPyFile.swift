import Glibc
import NodeKit

/// Reads small arrays of floats in NumPy's .npy format, version 1 to 3, little-endian, row by row.
struct NumPyFile {
  let shape: [Int]
  let values: [Double]

  /// Greatest file size that is read: statistics of a front end are small.
  private static let limit = 16 << 20

  /// - Throws: `NodeError` naming the parameter `model`.
  static func read(_ path: String) throws -> NumPyFile {
    guard let file = try? NumPyFile(bytes: contents(path)) else {
      let problem = isReadable(path) ? "is not a .npy file of float32 or float64" : "cannot be read"
      throw NodeError("\(path) \(problem)", parameter: "model")
    }
    return file
  }

  static func isReadable(_ path: String) -> Bool { access(path, R_OK) == 0 }

  private struct Malformed: Error {}

  private static func contents(_ path: String) throws -> [UInt8] {
    guard let file = fopen(path, "rb") else { throw Malformed() }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: limit)
    let count = fread(&bytes, 1, limit, file)
    return Array(bytes[..<count])
  }

  private init(bytes: [UInt8]) throws {
    guard bytes.count >= 12, bytes[..<6].elementsEqual([0x93] + Array("NUMPY".utf8)) else { throw Malformed() }
    let prefix = bytes[6] == 1 ? 10 : 12
    var length = Int(bytes[8]) | Int(bytes[9]) << 8
    if prefix == 12 { length |= Int(bytes[10]) << 16 | Int(bytes[11]) << 24 }
    guard prefix + length <= bytes.count else { throw Malformed() }
    let header = String(decoding: bytes[prefix..<(prefix + length)], as: UTF8.self)
    let width = header.contains("'<f4'") ? 4 : 8
    guard width == 4 || header.contains("'<f8'"), header.contains("'fortran_order': False") else { throw Malformed() }
    shape = try NumPyFile.shape(header)
    var count = 1
    for dimension in shape {
      let (product, overflows) = count.multipliedReportingOverflow(by: dimension)
      guard !overflows else { throw Malformed() }
      count = product
    }
    let data = bytes[(prefix + length)...]
    guard count <= NumPyFile.limit, data.count == count * width else { throw Malformed() }
    values = data.withUnsafeBytes { raw in
      (0..<count).map { index in
        width == 4
          ? Double(raw.loadUnaligned(fromByteOffset: index * 4, as: Float.self))
          : raw.loadUnaligned(fromByteOffset: index * 8, as: Double.self)
      }
    }
  }

  /// The numbers between the parentheses after 'shape'.
  private static func shape(_ header: String) throws -> [Int] {
    guard let open = header.firstIndex(of: "("), let close = header[open...].firstIndex(of: ")") else {
      throw Malformed()
    }
    let parts = header[header.index(after: open)..<close].split(separator: ",")
    return try parts.map { part in
      guard let number = Int(part.filter { $0 != " " }), number >= 0 else { throw Malformed() }
      return number
    }
  }
}
