import DetectorHost
import Foundation
import Models
import TestSupport
import Testing

/// Training tokens that overlap share memory.
@Suite struct TokenViewTests {
  /// Tokens of 5 x 3 values, `step` rows apart in one sequence of rows.
  private func tokens(_ count: Int, step: Int) -> [[Float]] {
    (0..<count).map { index in (0..<15).map { Float(index * step * 3 + $0) } }
  }

  private func values(_ view: TokenView) -> [Float] { view.withValues { Array($0) } }

  @Test(arguments: [1, 2, 4, 5, 7]) func rowsThatTokensHaveInCommonAreStoredOnce(step: Int) {
    let memory = TokenMemory(rows: 5, columns: 3)
    let tokens = tokens(20, step: step)
    let views = tokens.map { memory.add($0) }
    #expect(views.map(values) == tokens)
    #expect(memory.bytes == 4 * 3 * (5 + 19 * min(step, 5)))
  }

  /// Tokens were left out, or the sound changed: the bits decide.
  @Test func tokensThatDoNotContinueAreKeptWhole() {
    let memory = TokenMemory(rows: 5, columns: 3)
    var given = tokens(9, step: 1)
    given.remove(at: 3)
    given[6][0] += 0.5
    let views = given.map { memory.add($0) }
    #expect(views.map(values) == given)
    #expect(memory.bytes == 4 * 3 * (5 + 1 + 1 + 2 + 1 + 1 + 5 + 1))
  }

  /// A piece of memory is full now and then.
  @Test func anyNumberOfTokensKeepsItsValues() {
    let memory = TokenMemory(rows: 4, columns: 1000)
    let views = (0..<3000).map { index in
      memory.add((0..<4000).map { Float((index + $0 / 1000) % 4096) + Float($0 % 1000) / 4096 })
    }
    #expect(memory.bytes < 4 * 1000 * 3100)
    for (index, view) in views.enumerated() {
      let isRight = view.withValues { values in
        values.indices.allSatisfy { values[$0] == Float((index + $0 / 1000) % 4096) + Float($0 % 1000) / 4096 }
      }
      #expect(isRight, "token \(index)")
    }
  }

  @Test func chosenTokensAreTheSameTokens() {
    var examples = TrainingExamples()
    let tokens = tokens(6, step: 1)
    for (index, token) in tokens.enumerated() {
      examples.add(token, rows: 5, recording: UInt32(index / 2), label: Int32(index % 2))
    }
    let chosen = examples.chosen([1, 4, 5])
    #expect(chosen.recordings == [0, 2, 2] && chosen.labels == [1, 0, 1])
    let values = chosen.withTokens { $0.map { Array(UnsafeBufferPointer(start: $0, count: 15)) } }
    #expect(values == [tokens[1], tokens[4], tokens[5]])
  }

  /// A class that does not know views gets an array; both learn the same from it.
  @Test func aTrainerInCGetsViewsOrAnArray() throws {
    let workshop = try CommandFolder()
    try workshop.record(
      "normal/hum.wav", (0..<160_000).map { 0.3 * sin(0.05 * Float($0) + 4 * sin(0.0007 * Float($0))) })
    var models: [[String: Tensor]] = []
    var steps: [Double] = []
    for kind in ["distance", "views"] {
      let library = "\(BuildFolder.path)/libtestplugin-detector.so"
      try workshop.write(
        "\(kind).yaml", watchGraph("type: test.c.\(kind), library: \(library), model: m.safetensors"))
      let train = try workshop.auscult(
        "train", "\(kind).yaml", "--normal", "normal", "--output", "\(kind).safetensors", "--json", "--threshold", "1")
      try #require(train.status == 0, "\(train.err)")
      let figures = try #require(try json(train.out)["figures"] as? [[String: Any]])
      steps.append(try #require(figures.first { $0["name"] as? String == "step" }?["value"] as? Double))
      models.append(try SafeTensors.tensors(path: "\(workshop.path)/\(kind).safetensors"))
    }
    #expect(models[0]["0.mean"]?.bytes == models[1]["0.mean"]?.bytes)
    // 0.25 s are 15 analysis frames of 32 bands, of which 7 or 8 are new.
    #expect(steps[0] == 0 && (7 * 32...8 * 32).contains(Int(steps[1])), "\(steps)")
  }

  /// Slices that begin with every analysis frame take 19 times the memory of the frames.
  @Test(arguments: ["detector.kmeans", "detector.autoencoder, layers: 4, epochs: 1, scale: standard"])
  func trainingHoldsNoCopiesOfSlices(judge: String) throws {
    let workshop = try CommandFolder()
    try workshop.write(
      "graph.yaml",
      """
      graph: long
      nodes:
        mic: { type: source }
        stft: { type: stft, length: 1024, hop: 512 }
        mel: { type: mel, bands: 64 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 0.6 s, hop: 1 frame }
        judge: { type: \(judge) }
      links:
        - mic -> stft -> mel -> level -> slices -> judge
      """)
    var random = SeededRandom(seed: 5)
    var minute = [Float]()
    for index in 0..<960_000 {
      let tone = 0.2 * sin(Float(index % 16000) * 0.04)
      minute.append(tone + Float.random(in: -0.1...0.1, using: &random))
    }
    var peaks: [Int] = []
    for minutes in [1, 8] {
      try workshop.record("\(minutes)/long.wav", [[Float]](repeating: minute, count: minutes).flatMap { $0 })
      let outcome = try workshop.peak([
        "train", "graph.yaml", "--normal", "\(minutes)", "--output", "m.safetensors", "--threshold", "1",
      ])
      try #require(outcome.status == 0)
      peaks.append(outcome.bytes)
    }
    let copies = 7 * 60 * 16000 / 512 * 19 * 64 * 4
    #expect(peaks[1] - peaks[0] < copies / 2, "\(peaks) bytes; copies would take \(copies) more")
  }
}
