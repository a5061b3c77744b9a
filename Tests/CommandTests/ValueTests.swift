import Foundation
import TestSupport
import Testing

/// Values that are not finite, in runs over files.
@Suite struct ValueTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let library = "library: \(BuildFolder.path)/libtestplugin-faulty.so"

  /// One channel of 32-bit floats at 16 kHz.
  private func write(_ name: String, _ samples: [Float]) throws {
    let data = samples.withUnsafeBytes { Data($0) }
    func number<T: FixedWidthInteger>(_ value: T) -> Data { withUnsafeBytes(of: value.littleEndian) { Data($0) } }
    var file = Data()
    let parts: [Data] = [
      Data("RIFF".utf8), number(UInt32(36 + data.count)), Data("WAVEfmt ".utf8), number(UInt32(16)), number(UInt16(3)),
      number(UInt16(1)), number(UInt32(16_000)), number(UInt32(64_000)), number(UInt16(4)), number(UInt16(32)),
      Data("data".utf8), number(UInt32(data.count)), data,
    ]
    for part in parts { file.append(part) }
    try file.write(to: URL(fileURLWithPath: folder.file(name)))
  }

  /// The file is at fault: it is said once, and no node is taken out.
  @Test func ofAFile() throws {
    var samples = (0..<64_000).map { Float(sin(Double($0) / 5)) }
    for index in 16_000..<48_000 { samples[index] = index % 2 == 0 ? .nan : -.infinity }
    try write("sound.wav", samples)
    try folder.write(
      "graph.yaml",
      """
      graph: sent
      nodes:
        mic: { type: source }
        judge: { type: test.faulty, \(library) }
        log: { type: sink.jsonl, path: log.jsonl }
      links: mic -> judge -> log
      """)
    let outcome = try auscult("run", "graph.yaml", "--input", "sound.wav")
    #expect(outcome.status == 0, "\(outcome.err)")
    let lines = outcome.err.split(separator: "\n").filter { $0.contains("mic: gets samples that are not finite") }
    #expect(lines.count == 1, "\(outcome.err)")
    #expect(!(try folder.text("log.jsonl").contains("\"kind\":\"gap\"")))
  }

  /// The run goes on, its records say what is missing, and its exit status that a node failed.
  @Test(arguments: ["realtime", "worker"]) func ofANode(thread: String) throws {
    try write("sound.wav", (0..<64_000).map { Float(sin(Double($0) / 5)) })
    try folder.write(
      "graph.yaml",
      """
      graph: made
      nodes:
        mic: { type: source }
        bad: { type: test.taint, \(library), fault: nan, after: 5, thread: \(thread) }
        judge: { type: test.faulty, \(library) }
        log: { type: sink.jsonl, path: log.jsonl }
        good: { type: test.faulty, \(library) }
        other: { type: sink.jsonl, path: other.jsonl }
      links: [ mic -> bad -> judge -> log, mic -> good -> other ]
      """)
    let outcome = try auscult("run", "graph.yaml", "--input", "sound.wav")
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(outcome.err.contains("bad: yields what is not finite, from finite input"), "\(outcome.err)")
    let gaps = try folder.text("log.jsonl").split(separator: "\n").filter { $0.contains("\"kind\":\"gap\"") }
    #expect(!gaps.isEmpty && gaps.allSatisfy { $0.contains("\"node\":\"bad\"") && $0.contains("\"cause\":\"node\"") })
    #expect(!(try folder.text("other.jsonl").contains("\"kind\":\"gap\"")))
  }
}
