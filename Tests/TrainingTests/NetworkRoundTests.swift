import DetectorHost
import GraphEngine
import Models
import NodeKit
import TestSupport
import Testing
import Training

/// Networks in rounds, with altered copies, and with a model written in between: tests trainer/1 itself.
@Suite struct NetworkRoundTests {
  private typealias Curve = [TrainingEpoch]

  /// A trainer of slices of 4 frames and 8 bands, and its reported epochs.
  private final class Session {
    let trainer: DetectorTrainer
    private let box = Box()

    private final class Box: @unchecked Sendable {
      var epochs: Curve = []
    }

    var epochs: Curve { box.epochs }

    init(_ judge: String, machines: [String] = ["fan"]) throws {
      let workshop = try CommandFolder()
      try workshop.write(
        "graph.yaml",
        """
        graph: numbers
        nodes:
          mic: { type: source, machines: [fan], clipped_at: off, silent_below: off }
          numbers: { type: test.c.framer, library: \(BuildFolder.path)/libtestplugin-detector.so, width: 8 }
          slices: { type: slicer, length: 4, hop: 4 }
          judge: { type: \(judge) }
          log: { type: sink.null }
        links: mic -> numbers -> slices -> judge -> log
        """)
      let graph = try Graph.load(file: workshop.path + "/graph.yaml", catalog: TestPlugins.catalog).graph
      let tapped = graph.tapped(inPlaceOf: "judge", TapStore())
      trainer = try DetectorTrainer(graph, node: try graph.detector("judge")) { _, _, _ in }
      try trainer.begin(
        try Engine(graph: tapped).input(of: "judge", rate: 16000), machines: machines, labels: [], seed: 7,
        listener: TrainingListener(progress: { _, _ in false }) { [box] in
          box.epochs.append($0)
          return .goOn
        })
    }

    func round(_ examples: TrainingExamples...) throws {
      for (machine, examples) in examples.enumerated() { try trainer.take(examples, machine: machine) }
      try trainer.fit()
    }
  }

  /// The given number of tokens of each recording, all with the recording's number as value.
  private func examples(_ count: Int, recordings: [UInt32], seed: UInt64, factor: Float = 1) -> TrainingExamples {
    var random = SeededRandom(seed: seed)
    var examples = TrainingExamples()
    for recording in recordings {
      for _ in 0..<count {
        let values = (0..<32).map { _ in factor * Float.random(in: 0...1, using: &random) }
        examples.add(values, rows: 1, recording: recording)
      }
    }
    return examples
  }

  private static let embedding = #"detector.embedding, channels: "2 4 4", size: 3, epochs: 2"#

  /// A later round does not replace the embeddings of an earlier one.
  @Test(arguments: ["none", "standard"]) func embeddingsOfAllRoundsAreKept(scale: String) throws {
    let session = try Session(Self.embedding + ", scale: \(scale)", machines: ["a", "b"])
    for round in 0..<3 {
      try session.round(
        examples(5 + round, recordings: [UInt32(round)], seed: UInt64(round)),
        examples(2, recordings: [UInt32(100 + round)], seed: UInt64(50 + round)))
    }
    let tensors = try session.trainer.result().tensors
    #expect(tensors["0.embeddings"]?.shape == [18, 3] && tensors["1.embeddings"]?.shape == [6, 3])
    let rows = try #require(tensors["0.embeddings"]).numbers
    let distinct = Set((0..<18).map { Array(rows[(3 * $0)..<(3 * $0 + 3)]) })
    #expect(distinct.count == 18)
  }

  /// A model written between rounds, as by `train --live`, does not change later learning.
  @Test(arguments: [
    embedding, "detector.autoencoder, layers: 6 2 6, epochs: 2, scale: standard", "detector.convae, epochs: 2",
    "detector.lstmae, hidden: 4, code: 2, epochs: 2",
  ])
  func aModelInBetweenChangesNothing(judge: String) throws {
    let (first, second) = (examples(9, recordings: [1], seed: 1), examples(9, recordings: [2], seed: 2))
    let (plain, asked) = (try Session(judge), try Session(judge))
    try plain.round(first)
    try plain.round(second)
    try asked.round(first)
    let between = try asked.trainer.result()
    try asked.round(second)
    let (expected, found) = (try plain.trainer.result(), try asked.trainer.result())
    #expect(found.tensors == expected.tensors && found.texts == expected.texts)
    #expect(between.tensors != found.tensors)
    #expect(asked.epochs.map(\.number) == [1, 2, 3, 4])
  }

  /// No copy of a validation recording is used for training, however many there are: with huge copies of one recording,
  /// the loss would show it.
  @Test(arguments: [1, 3]) func copiesOfHeldOutRecordingsAreNotLearnedFrom(copies: Int) throws {
    var small = 0
    for strange in UInt32(0)..<4 {
      let session = try Session("detector.autoencoder, layers: 6 2 6, epochs: 1, validation: 25 %")
      var all = examples(6, recordings: [0, 1, 2, 3], seed: 3)
      for copy in 0..<copies {
        for recording in UInt32(0)..<4 {
          all.add(
            examples(
              6, recordings: [recording | Examples.copy], seed: UInt64(10 * copy),
              factor: recording == strange ? 1e4 : 1))
        }
      }
      try session.round(all)
      let epoch = try #require(session.epochs.first)
      // Validation tokens are never copies.
      #expect(epoch.validationLoss! < 1e3)
      if epoch.loss! < 1e3 { small += 1 }
    }
    #expect(small == 1)
  }

  /// If the end of a single recording is for validation, none of its copies is used for training: which part of a copy
  /// has the sound of the end is not known.
  @Test func copiesOfASingleRecordingAreNotLearnedFrom() throws {
    let session = try Session("detector.autoencoder, layers: 6 2 6, epochs: 1, validation: 25 %")
    var all = examples(8, recordings: [0], seed: 3)
    for copy in 0..<3 { all.add(examples(8, recordings: [Examples.copy], seed: UInt64(copy), factor: 1e4)) }
    try session.round(all)
    let epoch = try #require(session.epochs.first)
    #expect(epoch.loss! < 1e3 && epoch.validationLoss! < 1e3)
  }
}

extension TrainingExamples {
  fileprivate mutating func add(_ other: TrainingExamples) {
    other.withTokens { tokens in
      for (token, recording) in zip(tokens, other.recordings) {
        add(Array(UnsafeBufferPointer(start: token, count: 32)), rows: 1, recording: recording)
      }
    }
  }
}
