import Foundation
import TestSupport
import Testing

/// The signal nodes in graphs, with the engine's spans, gaps and queues.
@Suite struct GraphTests {
  /// Values of an array that a `sink.npy` wrote.
  private func values(_ result: RunResult, _ name: String) throws -> (shape: [Int], values: [Float]) {
    let fixture = try Fixture(bytes: #require(result.files[name]))
    return (fixture.shape, fixture.values)
  }

  /// The reference system D's front end from a driver of 48 kHz, against the same nodes one by one on the bench.
  @Test func wholeFrontEnd() throws {
    var random = SeededRandom(printing: "whole front end")
    let sound = random.noise(channels: 2, frames: 100_000)
    let result = try runByHand(
      """
      graph: front-end
      nodes:
        mic: { type: source, channels: 2, machines: [a, b] }
        down: { type: resample, rate: 16 kHz }
        stft: { type: stft, length: 2048, hop: 512, pre_emphasis: 0.97 }
        mel: { type: mel, bands: 128, fmin: 20, fmax: 8000 }
        slices: { type: slicer, length: 32, hop: 50 % }
        unit: { type: normalize, mode: slice, ref: 1 }
        audio: { type: sink.npy, path: "${env:OUT}/audio.npy" }
        out: { type: sink.npy, path: "${env:OUT}/slices.npy" }
      links:
        - mic -> down -> stft -> mel -> slices -> unit -> out
        - down -> audio
      """, feed: [.samples(sound)], period: { random.period() })
    let audio = try values(result, "audio.npy")
    let (frames, slices) = (audio.shape[0], try values(result, "slices.npy"))
    let columns = 1 + frames / 512
    #expect(slices.shape == [1 + (columns - 32) / 16, 2, 32, 128])
    let channels = (0..<2).map { channel in (0..<frames).map { audio.values[$0 * 2 + channel] } }
    let bench = try chain(
      RigStream(audio: channels, rate: 16000),
      [
        StreamRig("stft", ["length": "2048", "hop": "512", "pre_emphasis": "0.97"]),
        StreamRig("mel", ["bands": "128", "fmin": "20", "fmax": "8000"]),
        StreamRig("slicer", ["length": "32", "hop": "50 %"]), StreamRig("normalize", ["mode": "slice", "ref": "1"]),
      ]
    ) { 777 }
    let interleaved = (0..<bench.count).flatMap { bench.token($0, channel: 0) + bench.token($0, channel: 1) }
    #expect(interleaved.map(\.bitPattern) == slices.values.map(\.bitPattern))
  }

  /// After a gap every node with history restarts: the output is that of a run on the rest alone.
  @Test(arguments: ["rolling", "pcen", "decibel"]) func gapsAreFreshStarts(mode: String) throws {
    var random = SeededRandom(printing: "gaps, \(mode)")
    let before = random.noise(frames: 20_000)
    let after = random.noise(frames: 30_000)
    let graph = """
      graph: gaps
      nodes:
        mic: { type: source, channels: 1, machines: [a] }
        stft: { type: stft, length: 1024, hop: 400, pre_emphasis: 0.9 }
        mel: { type: mel, bands: 40 }
        level: { type: normalize, mode: \(mode) }
        slices: { type: slicer, length: 9, hop: 4, pad: true }
        out: { type: sink.npy, path: "${env:OUT}/slices.npy" }
      links:
        - mic -> stft -> mel -> level -> slices -> out
      """
    let slices = { (feed: [Feed]) in
      try values(runByHand(graph, feed: feed, period: { random.period() }), "slices.npy")
    }
    let gap = try slices([.samples(before), .gap(1234), .samples(after)])
    let alone = try slices([.samples(after)])
    // Before the gap there is no end of a file: no zeros complete its last columns.
    let complete = 1 + ((20_000 - 512) / 400 + 1 - 9) / 4
    #expect(gap.shape[0] == complete + alone.shape[0])
    #expect(gap.values.suffix(alone.values.count).map(\.bitPattern) == alone.values.map(\.bitPattern))
  }

  /// Statistics from one run are the fixed levels of the next run.
  @Test func statisticsFreezeLevels() throws {
    var random = SeededRandom(printing: "freeze")
    let sound = random.noise(frames: 48_000)
    let front = """
      graph: freeze
      nodes:
        mic: { type: source, channels: 1, machines: [a] }
        stft: { type: stft, length: 1024, hop: 512 }
        mel: { type: mel, bands: 16 }
        level: { type: normalize }
      """
    let first = try runByHand(
      front + """

          slices: { type: slicer, length: 94 }
          of: { type: statistics, of: mean+std }
          out: { type: sink.npy, path: "${env:OUT}/statistics.npy" }
        links:
          - mic -> stft -> mel -> level -> slices -> of -> out
        """, feed: [.samples(sound)])
    #expect(try values(first, "statistics.npy").shape == [1, 32])
    let file = FileManager.default.temporaryDirectory.appending(path: "auscult-\(UUID()).npy")
    try #require(first.files["statistics.npy"]).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let second = try runByHand(
      front + """

          frozen: { type: normalize, mode: frozen, model: \(file.path) }
          out: { type: sink.npy, path: "${env:OUT}/features.npy" }
        links:
          - mic -> stft -> mel -> level -> frozen -> out
        """, feed: [.samples(sound)])
    let features = try values(second, "features.npy")
    #expect(features.shape == [94, 16])
    for band in 0..<16 {
      let column = (0..<94).map { Double(features.values[$0 * 16 + band]) }
      let mean = column.reduce(0, +) / 94
      let variance = column.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / 94
      #expect(abs(mean) < 1e-5 && abs(variance - 1) < 1e-5)
    }
  }

  /// A node's refusal is a diagnostic at its parameter.
  @Test func refusalsAreDiagnostics() throws {
    #expect(throws: (any Error).self) {
      try runByHand(
        """
        graph: refused
        nodes:
          mic: { type: source, channels: 1, machines: [a] }
          stft: { type: stft, length: 1024, fft: 512 }
          out: { type: sink.null }
        links: [ mic -> stft -> out ]
        """, feed: [])
    }
  }
}
