import Foundation
import GraphEngine
import GraphText
import TestSupport
import Testing

/// Harmful files: each must give a diagnostic within a second and within bounded memory.
@Suite(.serialized) struct HostileTests {
  struct Case: Sendable {
    var name: String
    var code: String
    var content: @Sendable () -> [UInt8]
  }

  /// In its own process, so that no other test uses its memory.
  @Test(arguments: cases.map(\.name))
  func isRefusedWithinBounds(_ name: String) async {
    await #expect(processExitsWith: .success) { [name] in
      try HostileTests.check(try #require(cases.first { $0.name == name }))
    }
  }

  private static func check(_ hostile: Case) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let path = folder.path + "/hostile.yaml"
    try Data(hostile.content()).write(to: URL(fileURLWithPath: path))
    _ = CompiledPlugin.declared
    resetPeakMemory()
    let (memory, time) = (residentMemory("VmRSS:"), threadTime())
    let diagnostics = diagnosticsOf(path)
    let seconds = threadTime() - time
    let megabytes = (residentMemory("VmHWM:") - memory) / 1024
    print("\(hostile.name): \(seconds) s, \(megabytes) MB, \(diagnostics.count) diagnostics")
    #expect(diagnostics.contains { $0.code == hostile.code })
    #expect(seconds < 1)
    #expect(megabytes < 200)
    #expect(diagnostics.count <= 501)
  }

  @Test func aHugeNumberOfOverrides() {
    let overrides = (0..<5000).map { "nodes\($0).x=[[[[[[${y}" }
    let time = threadTime()
    do {
      _ = try Graph.load(text: "graph: g", catalog: CompiledPlugin.declared, overrides: overrides)
      Issue.record("accepted")
    } catch {
      #expect(error.diagnostics.count == 501)
      #expect(error.diagnostics.last?.message == "and 4500 more; the first 500 are shown")
    }
    #expect(threadTime() - time < 1)
  }
}

private func text(_ text: String) -> [UInt8] { Array(text.utf8) }

private func repeated(_ part: String, _ bytes: Int) -> String {
  String(repeating: part, count: bytes / part.utf8.count)
}

private let start = "graph: g\nnodes:\n"
private let most = 1_048_000

private let cases: [HostileTests.Case] = [
  .init(name: "random bytes", code: "not-text") {
    var random = SeededRandom(seed: 1)
    return (0..<100_000).map { _ in UInt8.random(in: 0...255, using: &random) }
  },
  .init(name: "10 MB of text", code: "too-large") { text(repeated("node: { type: source }\n", 10_000_000)) },
  .init(name: "10 MB of zeros", code: "too-large") { [UInt8](repeating: 0, count: 10_000_000) },
  .init(name: "10,000 levels of lists", code: "too-deep") { text(repeated("[", 10_000)) },
  .init(name: "10,000 levels of maps", code: "too-deep") { text(repeated("{a: ", 40_000)) },
  .init(name: "10,000 levels on one line", code: "too-deep") { text(repeated("- ", 20_000)) },
  .init(name: "10,000 levels of keys", code: "too-deep") { text(repeated("? ", 20_000)) },
  .init(name: "1,400 levels of indentation", code: "too-deep") {
    text((0..<1400).map { String(repeating: " ", count: $0) + "a:\n" }.joined())
  },
  .init(name: "a million brackets", code: "too-deep") { text(repeated("[", most)) },
  .init(name: "a million opened and closed", code: "too-large") { text("[" + repeated("[],", most)) },
  .init(name: "alias bomb", code: "too-large") {
    var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for level in 1..<30 {
      bomb += "a\(level): &a\(level) [" + Array(repeating: "*a\(level - 1)", count: 10).joined(separator: ", ") + "]\n"
    }
    return text(bomb)
  },
  .init(name: "alias bomb as a key", code: "too-large") {
    var bomb = "a0: &a0 [x, x]\n"
    for level in 1..<30 { bomb += "a\(level): &a\(level) [*a\(level - 1), *a\(level - 1)]\n" }
    return text(bomb + "? *a29\n: x\n")
  },
  .init(name: "aliases inside each other", code: "too-deep") {
    let (opened, closed) = (repeated("[", 30), repeated("]", 30))
    return text("- &a0 x\n" + (1..<2000).map { "- &a\($0) \(opened)*a\($0 - 1)\(closed)\n" }.joined())
  },
  .init(name: "many aliases of much", code: "too-large") {
    text("a: &a \(repeated("x", 100_000))\nb: [" + repeated("*a,", 900_000) + "]\n")
  },
  .init(name: "one long line", code: "not-a-map") { text(repeated("x", most)) },
  .init(name: "one long quoted line", code: "not-a-map") { text("\"" + repeated("\\x41", most - 10) + "\"") },
  .init(name: "unclosed quote", code: "syntax") { text("\"" + repeated("x \n", most)) },
  .init(name: "many empty lines", code: "empty") { text(repeated("\n", most)) },
  .init(name: "one long comment", code: "empty") { text("#" + repeated("x", most)) },
  .init(name: "many documents", code: "syntax") { text(repeated("---\na\n", most)) },
  .init(name: "many directives", code: "syntax") {
    text((0..<60_000).map { "%TAG !\($0)! t\n" }.joined() + "--- a")
  },
  .init(name: "many anchors", code: "not-a-map") { text((0..<80_000).map { "- &a\($0) a\n" }.joined()) },
  .init(name: "many unknown aliases", code: "unknown-alias") { text((0..<40_000).map { "- *a\($0)\n" }.joined()) },
  .init(name: "many tags", code: "tag") { text(repeated("- !a b\n", 300_000)) },
  .init(name: "many double keys", code: "duplicate-key") { text(start + repeated("  a: { type: gain }\n", 500_000)) },
  .init(name: "many unknown keys", code: "unknown-key") { text((0..<45_000).map { "key\($0): 1\n" }.joined()) },
  .init(name: "many nodes of unknown classes", code: "unknown-class") {
    text(start + (0..<24_000).map { "  n\($0): { type: gian }\n" }.joined())
  },
  .init(name: "many unlinked nodes", code: "unlinked-node") {
    text(start + (0..<24_000).map { "  n\($0): { type: gain }\n" }.joined())
  },
  .init(name: "many unknown parameters", code: "unknown-parameter") {
    text(start + "  a: { type: gain" + (0..<45_000).map { ", p\($0): 1" }.joined() + " }\n")
  },
  .init(name: "many links to unknown nodes", code: "unknown-node") {
    let nodes = (0..<15_000).map { "  n\($0): { type: gain }\n" }.joined()
    return text(start + nodes + "links:\n" + (0..<15_000).map { "  - m\($0) -> m\($0 + 1)\n" }.joined())
  },
  .init(name: "many cycles", code: "cycle") {
    let nodes = (0..<15_000).map { "  n\($0): { type: gain }\n" }.joined()
    return text(start + nodes + "links:\n" + (0..<15_000).map { "  - n\($0) -> n\($0 ^ 1)\n" }.joined())
  },
  .init(name: "one long cycle", code: "cycle") {
    let nodes = (0..<15_000).map { "  n\($0): { type: gain }\n" }.joined()
    return text(start + nodes + "links:\n" + (0..<15_000).map { "  - n\($0) -> n\(($0 + 1) % 15_000)\n" }.joined())
  },
  .init(name: "one long chain of links", code: "too-large") {
    text("graph: g\nlinks: [" + repeated("a -> ", most - 50) + "a]")
  },
  .init(name: "many links", code: "too-large") { text("graph: g\nlinks:\n" + repeated("- a -> b\n", 850_000)) },
  .init(name: "many long links", code: "too-large") {
    text("graph: g\nlinks:\n" + repeated("- a" + repeated(" -> a", 60_000) + "\n", 900_000))
  },
  .init(name: "one input with many links", code: "second-link") {
    let nodes = (0..<12_000).map { "  n\($0): { type: source }\n" }.joined() + "  g: { type: gain }\n"
    return text(start + nodes + "links:\n" + (0..<12_000).map { "  - n\($0) -> g\n" }.joined())
  },
  .init(name: "many variables", code: "undefined-variable") {
    text("graph: \"" + repeated("${x}", 500_000) + "\"\nvariables:\n" + (0..<20_000).map { "  v\($0): 1\n" }.joined())
  },
  .init(name: "a variable that swells", code: "too-large") {
    text("graph: \"" + repeated("${x}", 40_000) + "\"\nvariables: { x: \(repeated("y", 500_000)) }\n")
  },
  .init(name: "many dollars", code: "bad-reference") { text("graph: \"" + repeated("${", most - 100) + "\"") },
  .init(name: "a number of a million digits", code: "out-of-range") {
    text(start + "  a: { type: gain, gain: \(repeated("9", most - 100)) }\n")
  },
]

private func diagnosticsOf(_ path: String) -> [Diagnostic] {
  do {
    _ = try Graph.load(file: path, catalog: CompiledPlugin.declared, options: GraphOptions(environment: [:]))
    return []
  } catch {
    // The output counts, too.
    _ = DiagnosticsRenderer().render(error.diagnostics)
    return error.diagnostics
  }
}

/// Seconds of processor time of this thread: another test on the same core does not count.
private func threadTime() -> Double {
  var time = timespec()
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
  return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

/// Kilobytes, by the name of a line in /proc/self/status.
private func residentMemory(_ name: String) -> Int {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix(name) }
  return line.flatMap { Int($0.split(separator: " ").dropLast().last ?? "") } ?? 0
}

private func resetPeakMemory() {
  try? Data("5".utf8).write(to: URL(fileURLWithPath: "/proc/self/clear_refs"))
}
