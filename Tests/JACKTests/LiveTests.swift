import Foundation
import GraphEngine
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// A live run through a server gives, bit for bit, the results of the same samples by hand.
  @Suite struct LiveTests {
    private static let graph = """
      graph: live
      nodes:
        mic:    { type: source, channels: 2, connect: ["player:out_1", "player:out_2"] }
        low:    { type: resample, rate: 16 kHz }
        stft:   { type: stft, length: 512, hop: 256 }
        mel:    { type: mel, bands: 32 }
        level:  { type: normalize, mode: decibel, low: -80 dB, high: 0 dB }
        slices: { type: slicer, length: 0.2 s, hop: 50 % }
        audio:  { type: sink.npy, path: "${env:OUT}/audio.npy", append: false }
        out:    { type: sink.npy, path: "${env:OUT}/slices.npy", append: false }
      links:
        - mic -> low -> stft -> mel -> level -> slices -> out
        - mic -> audio
      """

    /// Longer than any of these runs, because the time until workers get a processor is not tested here.
    private static let ampleSeconds = 30.0

    @Test func inRealTime() throws {
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 60_000)
      let live = try withServer(.init(period: 256, isSynchronous: true)) {
        try runLive(
          Self.graph, server: $0, samples: samples, frames: 72_000, connections: 2, queueSeconds: Self.ampleSeconds)
      }
      try expectSame(live, samples, seed: random.seed)
    }

    /// The workers have most of the work, and queues for a small part of it: the driver must wait for them.
    @Test func inFreewheel() throws {
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 1_000_000)
      let graph = Self.graph.replacing("16 kHz", with: "16 kHz, thread: worker")
      let live = try withServer(.init(period: 1024, isSynchronous: true)) {
        try runLive(
          graph, server: $0, samples: samples, frames: 1_050_000, connections: 2, freewheel: true, queueSeconds: 4)
      }
      #expect(live.events.contains(.freewheel(true)))
      try expectSame(live, samples, seed: random.seed)
    }

    @Test func whileThePeriodChanges() throws {
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 96_000)
      var periods = [64, 1024, 32, 8192, 512]
      let live = try withServer(.init(period: 256, isSynchronous: true)) {
        try runLive(
          Self.graph, server: $0, samples: samples, frames: 120_000, connections: 2, queueSeconds: Self.ampleSeconds
        ) { player, _ in
          if let period = periods.popLast() { player.setPeriod(period) }
          return periods.isEmpty
        }
      }
      #expect(periods.isEmpty)
      #expect(live.events.contains(.period(8192)) && live.events.contains(.period(64)))
      try expectSame(live, samples, seed: random.seed)
    }

    /// A client that sleeps makes the server continue without the others: the lost frames are counted, and the results
    /// are those of the same gaps by hand.
    @Test func withGaps() throws {
      var random = SeededRandom.fresh()
      let samples = random.noise(channels: 2, frames: 300_000)
      let live = try withServer(.init(period: 512)) { server in
        let sleeper = try Sleeper(server: server.name)
        defer { sleeper.close() }
        var looks = 0
        return try runLive(
          Self.graph.replacing("\"player:out_1\"", with: "\"(player|sleeper):out_1\""), server: server,
          samples: samples, frames: 96_000, connections: 3, queueSeconds: Self.ampleSeconds
        ) { _, engine in
          looks += 1
          if looks % 4 == 0 { sleeper.sleep(milliseconds: 60) }
          return engine.statistics.gaps > 0
        }
      }
      let gaps = live.gaps
      #expect(live.statistics.gaps >= 1, "seed \(random.seed)")
      expectAllCounted(live)
      let delivered = try NumPyAudio(#require(live.files["audio.npy"]))
      #expect(delivered.frames == live.statistics.frames)
      // A cycle in which a late client catches up may hold another cycle's samples; all others are at their positions,
      // including those between the loss and its discovery.
      let astray = misplaced(delivered.samples[1], gaps, samples[1], period: 512)
      #expect(astray <= Int(live.statistics.late) + live.jumps, "seed \(random.seed), gaps \(gaps)")
      let byHand = try runByHand(Self.graph, feed: feed(delivered.samples, gaps))
      #expect(live.files == byHand.files, "seed \(random.seed), gaps \(gaps)")
    }

    /// With a server that waits for its clients every sample arrives. If the machine makes the server itself late, its
    /// counter jumps, and the same gaps by hand give the same results.
    private func expectSame(_ live: LiveResult, _ samples: [[Float]], seed: UInt64) throws {
      #expect(live.jumps == 0, "the server went on without its clients")
      expectAllCounted(live)
      let total = Int(live.statistics.frames)
      let padded = samples.map { $0 + Array(repeating: 0, count: max(0, total - $0.count)) }
      let byHand = try runByHand(Self.graph, feed: feed(padded, live.gaps))
      #expect(live.files.keys.sorted() == ["audio.npy", "slices.npy"])
      for (name, data) in byHand.files {
        #expect(data.count > 10_000)
        #expect(live.files[name] == data, "\(name), seed \(seed), gaps \(live.gaps)")
      }
    }

    /// Only samples are lost that the server has reported and the log contains.
    private func expectAllCounted(_ live: LiveResult) {
      let it = live.statistics
      #expect(it.droppedTokens == 0)
      #expect(!live.hasDoubtfulGaps, "\(it.gaps) gaps, but \(it.xruns) xruns: \(live.gaps)")
      #expect(live.gaps.count == it.gaps)
      #expect(live.gaps.reduce(0) { $0 + $1.frames } == it.lostFrames)
      #expect(it.position == it.frames + it.lostFrames)
    }

    /// Cycles whose samples differ from the player's at their frame position.
    private func misplaced(_ delivered: [Float], _ gaps: [Gap], _ played: [Float], period: Int) -> Int {
      stride(from: 0, to: delivered.count - period, by: period).count { begin in
        var position = begin
        for gap in gaps where gap.position <= position { position += gap.frames }
        let end = min(position + period, played.count)
        return end - position == period && delivered[begin..<begin + period] != played[position..<end]
      }
    }

    private func feed(_ samples: [[Float]], _ gaps: [Gap]) -> [Feed] {
      var parts: [Feed] = []
      var done = 0
      var lost = 0
      for gap in gaps {
        let next = gap.position - lost
        parts += [.samples(samples.map { Array($0[done..<next]) }), .gap(gap.frames)]
        done = next
        lost += gap.frames
      }
      return parts + [.samples(samples.map { Array($0[done...]) })]
    }
  }
}

/// Samples of a `sink.npy` that took audio: float32, (frames,) or (frames, channels).
struct NumPyAudio {
  var samples: [[Float]]
  var frames: Int { samples.first?.count ?? 0 }

  init(_ data: Data) throws {
    let bytes = [UInt8](data)
    let headerLength = 10 + Int(bytes[8]) + Int(bytes[9]) << 8
    let header = String(decoding: bytes[10..<headerLength], as: UTF8.self)
    let shape = try #require(header.split(separator: "(").last?.split(separator: ")").first)
      .split(separator: ",").compactMap { Int($0.filter(\.isNumber)) }
    let values = bytes[headerLength...].withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    let channels = shape.count > 1 ? shape[1] : 1
    samples = (0..<channels).map { channel in stride(from: channel, to: values.count, by: channels).map { values[$0] } }
  }
}
