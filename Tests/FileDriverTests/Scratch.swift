import CSndFile
import Foundation
import TestSupport
import Testing

extension ScratchFolder {
  /// Writes a sound file with libsndfile. Samples are [channel][frame].
  @discardableResult
  func write(
    _ name: String, _ samples: [[Float]], rate: Int = 48000, format: Int = Int(SF_FORMAT_WAV),
    subtype: Int = Int(SF_FORMAT_FLOAT)
  ) throws -> String {
    var info = SF_INFO()
    info.samplerate = Int32(rate)
    info.channels = Int32(samples.count)
    info.format = Int32(format | subtype)
    let file = try #require(
      sf_open(self.file(name), Int32(SFM_WRITE), &info), "\(name): \(String(cString: sf_strerror(nil)))")
    let frames = samples[0].count
    let interleaved = (0..<frames).flatMap { frame in samples.map { $0[frame] } }
    try #require(sf_writef_float(file, interleaved, sf_count_t(frames)) == sf_count_t(frames))
    sf_close(file)
    return self.file(name)
  }

  func write(_ name: String, _ bytes: [UInt8]) throws -> String {
    try Data(bytes).write(to: URL(fileURLWithPath: file(name)))
    return file(name)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: file(name), encoding: .utf8) }

  /// JSON lines of a file, each as an object.
  func records(_ name: String) throws -> [[String: Any]] {
    try text(name).split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  /// The float32 values of an array that sink.npy wrote, after its header of 128 bytes.
  func array(_ name: String) throws -> [Float] {
    let data = try Data(contentsOf: URL(fileURLWithPath: file(name))).dropFirst(128)
    return Data(data).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
  }
}

/// A RIFF/WAVE file of chunks with any content.
func riff(_ chunks: [(name: String, body: [UInt8], size: UInt32?)]) -> [UInt8] {
  var body: [UInt8] = []
  for chunk in chunks {
    body += Array(chunk.name.utf8) + little(chunk.size ?? UInt32(chunk.body.count)) + chunk.body
    // A chunk begins at an even position. One that is cut short ends where it is cut.
    if chunk.size == nil, chunk.body.count % 2 == 1 { body.append(0) }
  }
  return Array("RIFF".utf8) + little(UInt32(4 + body.count)) + Array("WAVE".utf8) + body
}

/// A `fmt ` chunk of 16-bit PCM.
func pcm(channels: UInt16 = 1, rate: UInt32 = 16000, bits: UInt16 = 16) -> (name: String, body: [UInt8], size: UInt32?)
{
  let align = channels &* (bits / 8)
  let body =
    little(UInt16(1)) + little(channels) + little(rate) + little(rate &* UInt32(align)) + little(align) + little(bits)
  return ("fmt ", body, nil)
}

func little<T: FixedWidthInteger>(_ number: T) -> [UInt8] {
  withUnsafeBytes(of: number.littleEndian) { Array($0) }
}

/// Recordings next to the repository on the developers' machines.
let sharedData: String? = {
  let path = URL(fileURLWithPath: BuildFolder.package).deletingLastPathComponent().path + "/shared/data"
  return FileManager.default.fileExists(atPath: path) ? path : nil
}()

/// Rows of a CSV file with a header, with quotes handled, by column name.
func table(_ text: String) -> [[String: String]] {
  var rows: [[String]] = [[""]]
  var isQuoted = false
  for character in text.replacingOccurrences(of: "\r\n", with: "\n") {
    let last = rows.count - 1
    switch character {
    case "\"": isQuoted.toggle()
    case "," where !isQuoted: rows[last].append("")
    case "\n" where !isQuoted: rows.append([""])
    default: rows[last][rows[last].count - 1].append(character)
    }
  }
  return rows.dropFirst().filter { $0.count == rows[0].count }.map {
    Dictionary(uniqueKeysWithValues: zip(rows[0], $0))
  }
}
