import CRealtime
import Foundation
import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// In a build with AUSCULT_RTSAN=1 RealtimeSanitizer watches every cycle, and ends the process at the first call that
/// could block. These tests show with faulty nodes that it can.
@Suite struct SanitizerTests {
  static let isOn = realtime_is_sanitized() != 0
  static let isWanted = ProcessInfo.processInfo.environment["AUSCULT_RTSAN"] == "1"
  static let needed: Comment = "needs a build with RealtimeSanitizer: AUSCULT_RTSAN=1, as scripts/test makes one"

  /// The faults of Tests/Fixtures/plugins/bad-realtime/bad.c, by its WRONG.
  enum Wrong: Int, Codable, CaseIterable {
    case nothing, allocates, locks, writes, sleeps

    /// The function that the report names.
    var call: String { ["", "malloc", "pthread_mutex_lock", "write", "sleep"][rawValue] }
  }

  @Test func aBuildThatWantsTheSanitizerHasIt() {
    #expect(Self.isOn == Self.isWanted)
  }

  @Test(.enabled(if: isOn, needed), arguments: Wrong.allCases.filter { $0 != .nothing })
  func aBadNodeIsStopped(wrong: Wrong) async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) { [wrong] in
      try SanitizerTests.runBad(wrong)
    }
    let report = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(report.contains("RealtimeSanitizer: unsafe-library-call"), "\(report)")
    #expect(report.contains(wrong.call), "\(report)")
  }

  @Test(.enabled(if: isOn, needed))
  func anUnmarkedSwiftNodeIsStopped() async throws {
    let result = try await #require(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      try SanitizerTests.run("test.unmarked", library: BuildFolder.path + "/libfixture-bad-realtime.so")
    }
    let report = String(decoding: result.standardErrorContent, as: UTF8.self)
    #expect(report.contains("RealtimeSanitizer: unsafe-library-call"), "\(report)")
    #expect(report.contains("malloc"), "\(report)")
  }

  /// The fixture itself is correct: the same node without its fault passes, with and without the sanitizer.
  @Test func theSameNodeWithoutItsFaultPasses() throws { try Self.runBad(.nothing) }

  static func runBad(_ wrong: Wrong) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    let library = folder.path + "/libauscult-bad.so"
    try CompiledPlugin.build("bad-realtime/bad.c", flags: ["-DWRONG=\(wrong.rawValue)"], into: library)
    try run("test.bad", library: library)
  }

  static func run(_ nodeClass: String, library: String) throws {
    let samples = (0..<4096).map { Float($0 % 7) / 7 }
    let result = try runByHand(
      """
      graph: bad
      nodes:
        mic: { type: source }
        bad: { type: \(nodeClass), library: "\(library)" }
        out: { type: sink.audio }
      links:
        - mic -> bad -> out
      """, feed: [.samples([samples])])
    #expect(result.played == [samples])
  }
}
