import Foundation
import GraphEngine
import TestSupport
import Testing

/// Nodes that stay keep their state: alarms, files, learned values.
@Suite struct SwapStateTests {
  /// An alarm that is raised stays raised, and its timers run on, while the detector before it is replaced.
  @Test func aRaisedAlarmOutlivesItsDetector() throws {
    let graph = { (type: String) in
      SwapTests.graph(["weight": "1000"], judge: type)
        .replacing("log: {", with: "alarm: { type: alarm, on: 0.1 s, off: 0.1 s }\n  log: {")
        .replacing("judge -> log", with: "judge -> alarm -> log")
    }
    var random = SeededRandom(seed: 11)
    let change = SwapCase(
      before: graph("test.judge"), after: graph("test.peak"), sound: SwapTests.sound(&random), at: 60_000)
    let outcome = try change.run(&random)
    #expect(outcome.status?.plan.changes.first { $0.node == "alarm" }?.action == .kept)
    #expect(outcome.status?.position != nil)
    let states = outcome.records.compactMap { $0.firstMatch(of: #/"state":"([a-z]+)"/#)?.1 }
    #expect(states == ["raised", "raised", "open", "open"])
  }

  /// A sink that gets one more link continues its file.
  @Test func aFileGoesOnWhenAnotherDetectorJoins() throws {
    let after = SwapTests.graph()
      .replacing("log: {", with: "second: { type: test.peak, library: \(SwapTests.library) }\n  log: {")
      .replacing("judge -> log", with: "judge -> log\n  - slices -> second -> log")
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let change = SwapCase(before: SwapTests.graph(), after: after, sound: SwapTests.sound(&random), at: 50_000)
    let outcome = try change.run(&random)
    let position = Int(try #require(outcome.status?.position))
    SwapTests.expectSame(outcome.records, try change.expected(at: position))
    let changes = try #require(outcome.status?.plan.changes)
    #expect(changes.first { $0.node == "log" }?.reason == "1 -> 2 links lead to it")
    #expect(changes.first { $0.node == "second" }?.action == .added)
    #expect(changes.first { $0.node == "judge" }?.action == .kept)
  }

  /// A kept array has the features of the old front end up to the exchange, and those of the new one after it.
  @Test func anArrayGoesOnBehindAnotherFrontEnd() throws {
    let graph = { (scale: String) in
      """
      graph: arrays
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 512, hop: 256, center: false }
        mel: { type: mel, bands: 8, scale: \(scale) }
        out: { type: sink.npy, path: "${env:OUT}/out.npy" }
      links: [ mic -> stft -> mel -> out ]
      """
    }
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let change = SwapCase(
      before: graph("slaney"), after: graph("htk"), sound: random.noise(frames: 100_000), at: 33_333)
    let outcome = try change.run(&random)
    let position = Int(try #require(outcome.status?.position))
    let rows = { (data: Data) in data.dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) } }
    let (old, new) = (
      rows(try change.reference(change.before).files["out.npy"]!),
      rows(try change.reference(change.after).files["out.npy"]!)
    )
    // Column k spans [256 k, 256 k + 512).
    let before = max(0, (position - 512) / 256 + 1)
    #expect(rows(outcome.files["out.npy"]!) == Array(old[..<(before * 8)] + new[(before * 8)...]))
  }

  /// A new detector that learns judges when it has learned; until then the old one does.
  @Test func aDetectorThatLearnsTakesOverWhenItHasLearned() throws {
    let graph = { (learn: String) in
      SwapTests.graph(judge: "detector.level")
        .replacing("library: \(SwapTests.library), weight: 1", with: "learn: \(learn)")
    }
    var random = SeededRandom(seed: 12)
    var options = SwapOptions()
    options.probation = 0.1
    let change = SwapCase(
      before: graph("0.2 s"), after: graph("0.5 s"), sound: SwapTests.sound(&random), at: 40_000, options: options)
    let outcome = try change.run(&random)
    let position = try #require(outcome.status?.position)
    #expect(position >= 40_000 + 24_000)
    let ends = outcome.records.filter { $0.contains("\"channel\":0") }.map(SwapCase.end)
    #expect(ends.count > 100 && zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 512 })
  }

  /// A pass-through continues without a break when its node is replaced.
  @Test func soundGoesOnAcrossTheExchange() throws {
    let graph = { (gain: String) in
      """
      graph: through
      nodes:
        mic: { type: source }
        gain: { type: channels, pick: \(gain) }
        out: { type: sink.audio }
      links: [ mic -> gain -> out ]
      """
    }
    var random = SeededRandom(seed: 13)
    let sound = random.noise(frames: 60_000)
    let run = try HandRun(graph("[0]"))
    for start in stride(from: 0, to: 60_000, by: 500) {
      if start == 20_000 { try run.engine.apply(run.graph(graph("0"))) }
      run.driver.feed([Array(sound[0][start..<start + 500])], period: 100)
      run.engine.service()
    }
    run.driver.finish()
    #expect(run.driver.played[0] == sound[0])
  }

  /// Sources and sinks come and go while the rest runs on.
  @Test func anotherMicrophoneComesAndGoes() throws {
    let one = """
      graph: two
      nodes:
        mic: { type: source }
        first: { type: sink.npy, path: "${env:OUT}/first.npy" }
      links: [ mic -> first ]
      """
    let two = """
      graph: two
      nodes:
        mic: { type: source }
        other: { type: source }
        first: { type: sink.npy, path: "${env:OUT}/first.npy" }
        second: { type: sink.npy, path: "${env:OUT}/second.npy" }
      links: [ mic -> first, other -> second ]
      """
    var random = SeededRandom(seed: 14)
    let sound = random.noise(channels: 2, frames: 60_000)
    let run = try HandRun(one)
    var options = SwapOptions()
    options.probation = 0
    var positions: [Int] = []
    for start in stride(from: 0, to: 60_000, by: 500) {
      if start == 20_000 { try run.engine.apply(run.graph(two), options: options) }
      if start == 40_000 {
        positions.append(Int(try #require(run.engine.swapStatus?.position)))
        try run.engine.apply(run.graph(one), options: options)
      }
      run.driver.feed(sound.map { Array($0[start..<start + 500]) }, period: 100)
      run.engine.drain()
      run.engine.service()
    }
    positions.append(Int(try #require(run.engine.swapStatus?.position)))
    #expect(run.engine.inputChannels.count == 2 && run.engine.externalInputs.map(\.node) == ["mic"])
    run.driver.finish()
    let samples = { (name: String) in
      run.file(name).dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }
    #expect(samples("first.npy") == sound[0])
    #expect(samples("second.npy") == Array(sound[1][positions[0]..<positions[1]]))
  }
}

/// Parameters that may change while a node runs.
@Suite struct TuningTests {
  private func graph(_ gain: String, thread: String = "realtime") -> String {
    """
    graph: tuned
    nodes:
      mic: { type: source, channels: 2 }
      gain: { type: gain, gain: \(gain), thread: \(thread) }
      out: { type: sink.npy, path: "${env:OUT}/out.npy" }
    links: [ mic -> gain -> out ]
    """
  }

  @Test(arguments: ["realtime", "worker"]) func aGainChangesAtTheExchange(thread: String) throws {
    var random = SeededRandom(seed: 15)
    let sound = random.noise(channels: 2, frames: 40_000)
    let run = try HandRun(graph("2", thread: thread))
    for start in stride(from: 0, to: 40_000, by: 500) {
      if start == 20_000 {
        let plan = try run.engine.apply(run.graph(graph("[0.5, 3]", thread: thread)))
        #expect(plan.changes.map(\.action) == [.kept, .retuned, .kept])
        #expect(plan.changes[1].reason == "gain: 2 -> [0.5, 3]")
      }
      run.driver.feed(sound.map { Array($0[start..<start + 500]) }, period: 100)
      run.engine.drain()
      run.engine.service()
    }
    let position = Int(try #require(run.engine.swapStatus?.position))
    run.driver.finish()
    let values = run.file("out.npy").dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    for frame in 0..<40_000 {
      let factors: [Float] = frame < position ? [2, 2] : [0.5, 3]
      guard values[2 * frame] == sound[0][frame] * factors[0], values[2 * frame + 1] == sound[1][frame] * factors[1]
      else {
        Issue.record("frame \(frame) of exchange \(position)")
        return
      }
    }
  }

  @Test func aValueThatTheNodeRefusesChangesNothing() throws {
    let run = try HandRun(graph("2"))
    run.driver.feed([[1, 1], [1, 1]], period: 2)
    let error = #expect(throws: (any Error).self) { try run.engine.apply(run.graph(graph("[1, 2, 3]"))) }
    #expect("\(error!)".contains("graph.yaml:4:") && "\(error!)".contains("3 gains for 2 channels"))
    #expect(!run.engine.isSwapping)
  }

  @Test func theNextRunBeginsWithTheNewValue() throws {
    let run = try HandRun(graph("2"))
    run.driver.feed([[1, 1], [1, 1]], period: 2)
    try run.engine.apply(run.graph(graph("4")))
    for _ in 0..<5 {
      run.driver.feed([[1, 1], [1, 1]], period: 2)
      run.engine.service()
    }
    run.driver.finish()
    try run.engine.prepare(rate: 48_000)
    run.driver.feed([[1], [1]], period: 1)
    run.driver.finish()
    let values = run.file("out.npy").dropFirst(128).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    #expect(values.suffix(2) == [4, 4])
  }
}
