import CRealtime
import Foundation
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// A watch at 64-frame periods next to an empty client: a few seconds in the gate, AUSCULT_SECONDS by hand. In a
  /// build with RealtimeSanitizer the same run shows that nothing in the cycle allocates or blocks.
  @Suite struct SoakTests {
    private static let graph = """
      graph: soak
      nodes:
        mic:    { type: source, channels: 2, connect: ["player:out_1", "player:out_2"] }
        low:    { type: resample, rate: 16 kHz }
        stft:   { type: stft, length: 1024, hop: 512 }
        mel:    { type: mel, bands: 64 }
        level:  { type: normalize, mode: decibel, low: -80 dB, high: 0 dB }
        slices: { type: slicer, length: 0.6 s, hop: 20 % }
        judge:  { type: detector.bands, learn: 10 s }
        alarm:  { type: alarm }
        log:    { type: sink.jsonl, path: "${env:OUT}/log.jsonl", append: false }
        out:    { type: sink.npy, path: "${env:OUT}/slices.npy", append: false }
      links:
        - mic -> low -> stft -> mel -> level -> slices -> judge -> alarm -> log
        - slices -> out
      """

    @Test func nothingIsDroppedAndNoCycleIsLateThroughUs() throws {
      let seconds = ProcessInfo.processInfo.environment["AUSCULT_SECONDS"].flatMap { Int($0) } ?? 4
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 48_000)
      let live = try withServer(.init(period: 64, isRealtime: true), seconds: seconds + 120) { server in
        let probe = try JACKProbe(server: server.name)
        defer { probe.close() }
        let live = try runLive(Self.graph, server: server, samples: samples, frames: seconds * 48_000, connections: 2)
        print(
          "soak of \(seconds) s: \(live.statistics.cycles) cycles, late \(live.overruns)",
          "(the empty client \(probe.overruns)),",
          "lost \(live.statistics.lostFrames) frames (\(probe.lostFrames)) in \(live.statistics.gaps) gaps,",
          "\(live.statistics.xruns) xruns, longest cycle",
          "\(live.statistics.cycleTimes.longest / 1000) us, mean",
          "\(live.statistics.busyNanoseconds / max(1, live.statistics.cycles)) ns")
        return live
      }
      #expect(live.statistics.droppedTokens == 0)
      #expect(live.statistics.position == live.statistics.frames + live.statistics.lostFrames)
      #expect(live.statistics.nodes.allSatisfy { !$0.hasFailed })
    }

    /// The sanitizer can fail: in a build that has it, an allocation in a cycle ends the process.
    @Test(.enabled(if: realtime_is_sanitized() != 0)) func theSanitizerFires() async {
      await #expect(processExitsWith: .failure) {
        realtime_enter()
        free(malloc(Int.random(in: 100...200)))
        realtime_exit()
      }
    }
  }
}
