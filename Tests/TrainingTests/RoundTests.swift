import DetectorHost
import FileDriver
import GraphEngine
import TestSupport
import Testing
import Training

/// The division of live tokens, and the scores of held-out ones.
@Suite struct RoundTests {
  /// Tokens of 10 frames, one every 5, of the given number of channels.
  private func tokens(_ range: Range<Int>, channels: Int = 1) -> [TapToken] {
    range.flatMap { index in
      (0..<channels).map { TapToken(channel: $0, begin: Int64(5 * index), end: Int64(5 * index + 10), rate: 1000) }
    }
  }

  private func begins(_ tokens: [TapToken]) -> [Int64] { tokens.map(\.begin) }

  @Test func aGapLiesBetweenWhatIsLearnedAndWhatIsHeldOut() {
    var collector = RoundCollector(size: 3, heldOut: 2, channels: 1)
    for token in tokens(0..<5) { collector.add(token) }
    #expect(!collector.isFull && collector.progress.done == 4)
    for token in tokens(5..<20) { collector.add(token) }
    #expect(collector.isFull)
    let first = collector.take()[0]
    // Learned up to 20; held out from there on, up to 35.
    #expect(begins(first.learned) == [0, 5, 10] && begins(first.heldOut) == [20, 25])
    // Tokens that arrived meanwhile are discarded; the next round shares no sound with the held-out tokens.
    for token in tokens(6..<12) { collector.add(token) }
    #expect(begins(collector.take()[0].learned) == [35, 40, 45])
  }

  @Test func everyMachineHasARoundOfItsOwn() {
    var collector = RoundCollector(size: 2, heldOut: 1, channels: 2)
    for token in tokens(0..<9, channels: 2) where token.channel == 0 || token.begin >= 15 { collector.add(token) }
    let round = collector.take()
    #expect(begins(round[0].learned) == [0, 5] && begins(round[0].heldOut) == [15])
    #expect(begins(round[1].learned) == [15, 20] && begins(round[1].heldOut) == [30])
    collector.add(TapToken(channel: 7, begin: 0, end: 10, rate: 1000))
  }

  /// In a stretch too short for a round the end is held out.
  @Test func theRestIsSharedOutToo() {
    var collector = RoundCollector(size: 100, heldOut: 20, channels: 1)
    for token in tokens(0..<10) { collector.add(token) }
    let rest = collector.takeRest(share: 0.2)[0]
    #expect(begins(rest.heldOut) == [40, 45] && rest.learned.allSatisfy { $0.end <= 40 } && rest.learned.count == 7)
  }

  static let judges = [
    "detector.kmeans, clusters: 2", "detector.pca", "detector.gmm",
    "detector.autoencoder, layers: 16 4 16, scale: standard, epochs: 2",
  ]

  /// Tokens scored alone get exactly the scores of a run.
  @Test(arguments: judges) func aJudgeOfTokensJudgesAsARun(judge: String) throws {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: \(judge), model: model.safetensors", bands: 16))
    for index in 0..<5 {
      try workshop.record("normal/n\(index).wav", machineSound(seconds: 3, seed: UInt64(index)))
    }
    let train = try workshop.auscult(
      "train", "watch.yaml", "--normal", "normal", "--output", "model.safetensors", "--quiet")
    try #require(train.status == 0, "\(train.err)")
    let graph = try Graph.load(file: workshop.path + "/watch.yaml", catalog: TestPlugins.catalog).graph
    let (heard, scores) = (TapStore(), TapStore())
    let tapped = graph.tapped(inPlaceOf: "judge", heard)
    let path = workshop.path + "/normal/n0.wav"
    _ = try FileRun(Engine(graph: tapped), options: FileRunOptions()).run(files: [path])
    let judged = graph.tapped(after: "judge", scores: scores, events: TapStore())
    _ = try FileRun(Engine(graph: judged), options: FileRunOptions()).run(files: [path])
    let input = try Engine(graph: tapped).input(of: "judge", rate: 16000)
    let judge = try TokenJudge(graph, node: try graph.detector("judge"), input: input) { _, _, _ in }
    let expected = scores.take().compactMap(\.score?.value)
    let found = try heard.take().map { try judge.score($0.values, channel: 0) }
    #expect(found.count > 10 && found == expected)
  }
}
