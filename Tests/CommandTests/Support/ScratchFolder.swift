import Foundation
import TestSupport

/// What commands find there, and leave.
extension ScratchFolder {
  /// Writes a file; returns its name, for commands that run in this folder.
  @discardableResult
  func write(_ name: String, _ text: String) throws -> String { try write(name, Data(text.utf8)) }

  @discardableResult
  func write(_ name: String, _ data: Data) throws -> String {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
    return name
  }

  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: path + "/" + name)) }

  func text(_ name: String) throws -> String { String(decoding: try data(name), as: UTF8.self) }

  func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path + "/" + name) }

  /// Path of a new, empty file.
  func scratch() -> String {
    let path = "\(path)/.scratch-\(UUID().uuidString)"
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    return path
  }
}

/// A WAV file of 16-bit samples, channels interleaved.
func wav(_ samples: [Int16], rate: Int = 16000, channels: Int = 1) -> Data {
  func bytes(_ number: some FixedWidthInteger) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }
  let size = samples.count * 2
  var data = Data("RIFF".utf8) + bytes(UInt32(36 + size)) + Data("WAVEfmt ".utf8) + bytes(UInt32(16))
  data += bytes(UInt16(1)) + bytes(UInt16(channels)) + bytes(UInt32(rate)) + bytes(UInt32(rate * channels * 2))
  data += bytes(UInt16(channels * 2)) + bytes(UInt16(16)) + Data("data".utf8) + bytes(UInt32(size))
  return samples.reduce(into: data) { $0 += bytes($1) }
}
