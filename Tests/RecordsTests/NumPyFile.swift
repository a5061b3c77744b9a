import Foundation
import Testing

/// A NumPy array file, read by the rules of numpy.lib.format, without our own code.
struct NumPyFile {
  var type: String
  var shape: [Int]
  var data: Data

  init(_ path: String) throws {
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    try #require(bytes.prefix(8) == Data([0x93] + Array("NUMPY".utf8) + [1, 0]))
    let length = Int(bytes[8]) | Int(bytes[9]) << 8
    try #require((10 + length) % 64 == 0, "data is aligned")
    let header = String(decoding: bytes[10..<(10 + length)], as: UTF8.self)
    try #require(header.hasSuffix("\n"))
    let match = try #require(
      try Regex(#"^\{'descr': '([^']+)', 'fortran_order': False, 'shape': \(([0-9, ]*)\), \} *\n$"#)
        .wholeMatch(in: header))
    type = String(match[1].substring!)
    let sizes = match[2].substring!
    shape = sizes.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }
    try #require(shape.count != 1 || sizes.hasSuffix(","), "a tuple of one has a comma")
    data = bytes[(10 + length)...]
    let width = try #require(Int(type.dropFirst(2)))
    try #require(data.count >= shape.reduce(width, *), "no less data than the header says")
    data = Data(data.prefix(shape.reduce(width, *)))
  }

  /// Float32 values (complex: real, imaginary).
  var floats: [Float] { data.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
  var doubles: [Double] { data.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) } }
}
