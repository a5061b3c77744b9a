import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// Valid files, damaged at random: reading never crashes, and every diagnostic points into the file.
/// `AUSCULT_FUZZ=100000` runs longer than the gate does.
@Suite struct FuzzTests {
  private static let rounds = ProcessInfo.processInfo.environment["AUSCULT_FUZZ"].flatMap { Int($0) } ?? 3000

  @Test func damagedFiles() throws {
    var random = SeededRandom.fresh()
    print("fuzz seed \(random.seed), \(Self.rounds) rounds")
    let seeds = try Self.files().map { [UInt8](try Data(contentsOf: $0)) }
    for _ in 0..<Self.rounds {
      var bytes = seeds.randomElement(using: &random)!
      for _ in 0..<Int.random(in: 1...4, using: &random) { damage(&bytes, seeds, &random) }
      check(bytes, seed: random.seed)
    }
  }

  private static func files() throws -> [URL] {
    try ["good", "bad"].flatMap { folder in
      let url = URL(fileURLWithPath: BuildFolder.package + "/Tests/Fixtures/graphs/\(folder)")
      let files = try FileManager.default.contentsOfDirectory(at: url, includingPropertiesForKeys: nil)
      return files.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
    }
  }

  private func damage(_ bytes: inout [UInt8], _ seeds: [[UInt8]], _ random: inout SeededRandom) {
    let place = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, place + Int.random(in: 0...20, using: &random))
    switch Int.random(in: 0..<7, using: &random) {
    case 0: bytes.removeSubrange(place..<end)
    case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
    case 2: bytes.insert(UInt8.random(in: 0...255, using: &random), at: place)
    case 3: bytes.insert("{}[]:,-?&*!|>'\"%@`#$ \t\n\\".utf8.randomElement(using: &random)!, at: place)
    case 4: if place < bytes.count { bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random) }
    case 5: bytes.removeSubrange(place...)
    default:
      let other = seeds.randomElement(using: &random)!
      let from = Int.random(in: 0...other.count, using: &random)
      bytes.insert(contentsOf: other[from..<min(other.count, from + 40)], at: place)
    }
  }

  private func check(_ bytes: [UInt8], seed: UInt64) {
    let text = String(decoding: bytes, as: UTF8.self)
    let lines = max(1, text.unicodeScalars.count)
    for diagnostic in diagnostics(text) {
      #expect(!diagnostic.message.isEmpty && !diagnostic.rendered.contains("\u{7}"), "seed \(seed)")
      guard let location = diagnostic.location, location.file == "fuzz.yaml" else { continue }
      #expect((1...lines).contains(location.line) && location.column >= 1 && location.length >= 1, "seed \(seed)")
      if let line = diagnostic.sourceLine {
        #expect(location.column <= line.unicodeScalars.count + 1, "seed \(seed): \(diagnostic.rendered)")
      }
    }
  }

  private func diagnostics(_ text: String) -> [Diagnostic] {
    do {
      let options = GraphOptions(environment: [:], workingDirectory: "/nowhere")
      return try Graph.load(text: text, file: "fuzz.yaml", catalog: CompiledPlugin.declared, options: options).warnings
    } catch {
      return error.diagnostics
    }
  }
}
