import FileDriver
import Foundation
import TestSupport

/// A test's own folder, and `auscult` run in it as a user would.
final class CommandFolder {
  struct Outcome {
    var status: Int32
    var out: String
    var err: String
  }

  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "auscult-train-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  @discardableResult
  func auscult(_ arguments: String...) throws -> Outcome { try run(arguments) }

  @discardableResult
  func run(_ arguments: [String]) throws -> Outcome {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuildFolder.path + "/auscult")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    let names = ["out", "err"].map { "\(path)/.\($0)-\(UUID().uuidString)" }
    for name in names { _ = FileManager.default.createFile(atPath: name, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: names[0])
    process.standardError = FileHandle(forWritingAtPath: names[1])
    process.standardInput = FileHandle.nullDevice
    try process.run()
    process.closeFiles()
    process.waitUntilExit()
    let texts = try names.map { try String(contentsOfFile: $0, encoding: .utf8) }
    for name in names { try FileManager.default.removeItem(atPath: name) }
    return Outcome(status: process.terminationStatus, out: texts[0], err: texts[1])
  }

  /// Runs a command without showing what it says.
  ///
  /// - Returns: its status, and the most bytes of memory that it had while it ran.
  func peak(_ arguments: [String]) throws -> (status: Int32, bytes: Int) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: BuildFolder.path + "/auscult")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    process.standardInput = FileHandle.nullDevice
    try process.run()
    var kibibytes = 0
    while process.isRunning {
      let status = (try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8)) ?? ""
      let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
      kibibytes = max(kibibytes, line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0)
      usleep(2000)
    }
    process.waitUntilExit()
    return (process.terminationStatus, kibibytes << 10)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Data(text.utf8)) }

  func write(_ name: String, _ data: Data) throws {
    let url = URL(fileURLWithPath: path).appendingPathComponent(name)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: "\(path)/\(name)", encoding: .utf8) }
  func data(_ name: String) throws -> Data { try Data(contentsOf: URL(fileURLWithPath: "\(path)/\(name)")) }
  func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: "\(path)/\(name)") }
  var files: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }.sorted() }
  }

  /// A recording of samples in single precision, unchanged.
  func recordFloats(_ name: String, _ samples: [Float], rate: Int = 16000) throws {
    func bytes(_ number: some FixedWidthInteger) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }
    var data = Data("RIFF".utf8) + bytes(UInt32(36 + 4 * samples.count)) + Data("WAVEfmt ".utf8) + bytes(UInt32(16))
    data += bytes(UInt16(3)) + bytes(UInt16(1)) + bytes(UInt32(rate)) + bytes(UInt32(4 * rate)) + bytes(UInt16(4))
    data += bytes(UInt16(32)) + Data("data".utf8) + bytes(UInt32(4 * samples.count))
    try write(name, data + samples.withUnsafeBytes { Data($0) })
  }

  /// A recording of 16-bit samples.
  func record(_ name: String, _ samples: [Float], rate: Int = 16000) throws {
    func bytes(_ number: some FixedWidthInteger) -> Data { withUnsafeBytes(of: number.littleEndian) { Data($0) } }
    var data = Data("RIFF".utf8) + bytes(UInt32(36 + 2 * samples.count)) + Data("WAVEfmt ".utf8) + bytes(UInt32(16))
    data += bytes(UInt16(1)) + bytes(UInt16(1)) + bytes(UInt32(rate)) + bytes(UInt32(2 * rate)) + bytes(UInt16(2))
    data += bytes(UInt16(16)) + Data("data".utf8) + bytes(UInt32(2 * samples.count))
    var body = [Int16]()
    for sample in samples { body.append(Int16(max(-1, min(1, sample)) * 32767)) }
    try write(name, data + body.withUnsafeBytes { Data($0) })
  }
}

/// The JSON that a command printed.
func json(_ text: String) throws -> [String: Any] {
  try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any] ?? [:]
}

/// A synthetic machine: a hum with harmonics and noise; a faulty one whistles.
func machineSound(
  seconds: Double, seed: UInt64, whistle: Float = 0, frequency: Double = 3100, rate: Int = 16000
) -> [Float] {
  var random = SeededRandom(seed: seed)
  return (0..<Int(seconds * Double(rate))).map { index in
    let time = Float(index) / Float(rate)
    let hum = 0.1 * sin(2 * .pi * 100 * time) + 0.05 * sin(2 * .pi * 300 * time)
    return hum + 0.05 * Float.random(in: -1...1, using: &random) + whistle * sin(2 * .pi * Float(frequency) * time)
  }
}

/// A graph with a detector that uses a model.
func watchGraph(_ judge: String, bands: Int = 32, extra: String = "") -> String {
  """
  graph: watch
  nodes:
    mic: { type: source, machines: [fan] }
    stft: { type: stft, length: 512, hop: 256, center: false }
    mel: { type: mel, bands: \(bands) }
    level: { type: normalize, mode: decibel }
    slices: { type: slicer, length: 0.25 s, hop: 50 % }
    judge: { \(judge) }
    alarm: { type: alarm, on: 0.2 s, off: 1 s }
    log: { type: sink.jsonl, path: log.jsonl, append: false }
  links:
    - mic -> stft -> mel -> level -> slices -> judge -> alarm -> log
    - judge -> log
  \(extra)
  """
}

extension CommandFolder {
  /// Cuts a 16 kHz WAV file of one channel at seconds: `train/0.wav` ... up to the last, `rest/rest.wav` after it.
  func cut(_ name: String, at seconds: [Double]) throws {
    let file = try AudioFile(path: "\(path)/\(name)")
    var samples = [Float](repeating: 0, count: Int(file.announcedFrames))
    let count = file.read(&samples, frames: samples.count)
    var begin = 0
    for (index, second) in seconds.enumerated() {
      let end = Int(second * Double(file.rate))
      try record("train/\(index).wav", Array(samples[begin..<end]))
      begin = end
    }
    try record("rest/rest.wav", Array(samples[begin..<count]))
  }
}
