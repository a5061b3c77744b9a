import Database
import Foundation
import JSONText
import SystemCalls
import TestSupport
import Testing

/// A folder with a sound and a graph, in which commands run as a user types them.
struct Workshop {
  let scratch = ScratchFolder()
  var folder: String { scratch.path }

  struct Outcome {
    var status: Int32
    var out: String
    var err: String
  }

  /// Listens to a fan, judges its level, and writes the same records as lines and into a database.
  static let graph = """
    graph: watch
    nodes:
      mic: { type: source, machines: ["fan-00"] }
      stft: { type: stft, length: 512, hop: 256 }
      mel: { type: mel, bands: 16 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 8 frames, hop: 8 frames }
      judge: { type: detector.level, learn: 2 s }
      alarm: { type: alarm, on: 0.5 s, off: 0.5 s }
      log: { type: sink.jsonl, path: log.jsonl }
      past: { type: sink.sqlite, path: past.sqlite }
    links:
      - mic -> stft -> mel -> level -> slices -> judge -> alarm
      - judge -> log
      - alarm -> log
      - judge -> past
      - alarm -> past

    """

  init(graph: String = Workshop.graph) throws {
    try write("watch.yaml", graph)
    try Data(Self.sound(seconds: 12, loud: 6..<9)).write(to: URL(fileURLWithPath: path("fan.wav")))
  }

  func path(_ name: String) -> String { scratch.file(name) }

  func write(_ name: String, _ text: String) throws {
    try text.write(toFile: path(name), atomically: false, encoding: .utf8)
  }

  func text(_ name: String) throws -> String { try String(contentsOfFile: path(name), encoding: .utf8) }

  func contains(_ name: String) -> Bool { FileManager.default.fileExists(atPath: path(name)) }

  /// Runs `auscult` to its end.
  func auscult(_ arguments: String...) throws -> Outcome { try run(BuildFolder.path + "/auscult", arguments) }

  func run(_ program: String, _ arguments: [String]) throws -> Outcome {
    let found = try #require(ExternalProgram(program))
    let outcome = try #require(found.run(arguments, folder: folder))
    return Outcome(
      status: outcome.status, out: String(decoding: outcome.output, as: UTF8.self),
      err: String(decoding: outcome.errors, as: UTF8.self))
  }

  func database(_ name: String = "past.sqlite") throws -> Connection {
    try Connection(path(name), .readOnly, patience: 5)
  }

  /// The records of a file of lines.
  func records(_ name: String = "log.jsonl") throws -> [JSONValue] {
    try text(name).split(separator: "\n").map { try JSONValue(parsing: Array($0.utf8)) }
  }

  /// 16 kHz, 16 bit: noise that is louder for some seconds.
  static func sound(seconds: Int, loud: Range<Int>) -> [UInt8] {
    var random = SeededRandom(seed: 7)
    var samples: [UInt8] = []
    for frame in 0..<seconds * 16000 {
      let most: Int16 = loud.contains(frame / 16000) ? 20000 : 500
      let sample = UInt16(bitPattern: Int16.random(in: -most...most, using: &random))
      samples += [UInt8(sample & 0xff), UInt8(sample >> 8)]
    }
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(value >> (8 * $0) & 0xff) } }
    return Array("RIFF".utf8) + number(36 + samples.count) + Array("WAVEfmt ".utf8) + number(16) + [1, 0, 1, 0]
      + number(16000) + number(32000) + [2, 0, 16, 0] + Array("data".utf8) + number(samples.count) + samples
  }
}

extension Connection {
  /// The rows of a query, each as its columns' texts.
  func rows(_ sql: String, columns: Int) throws -> [[String]] {
    let statement = try Statement(self, sql)
    var rows: [[String]] = []
    while try statement.next() { rows.append((0..<columns).map { statement.text($0) ?? "" }) }
    return rows
  }
}
