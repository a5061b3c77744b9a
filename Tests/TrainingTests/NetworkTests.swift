import Foundation
import Models
import TestSupport
import Testing

/// With PyTorch's weights in a model file, scores are PyTorch's. The tokens are stored as sound; see
/// Tests/Fixtures/pytorch.
@Suite struct NetworkTests {
  static let fixtures = BuildFolder.package + "/Tests/Fixtures/pytorch/networks"

  private struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var judge: String
    var labels = 1
    var machines: [String] = ["fan"]
    var testDescription: String { name }
  }

  private struct Score: Decodable {
    var score: Double
    var `class`: String?
    var probability: Double?
  }

  private static let cases = [
    Case(name: "autoencoder", judge: #"detector.autoencoder, layers: "20 6 3 6 20", output: sigmoid"#),
    Case(
      name: "autoencoder_norm",
      judge: #"detector.autoencoder, layers: "12 12 12 12 4 12 12 12 12", batch_norm: true"#),
    Case(name: "convae", judge: #"detector.convae, channels: "3 5""#),
    Case(name: "lstmae", judge: "detector.lstmae, hidden: 7, code: 4"),
    Case(
      name: "embedding", judge: #"detector.embedding, channels: "4 8 16 32", size: 6"#, machines: ["a", "b", "c"]),
    Case(name: "cnn", judge: #"classifier.cnn, channels: "5", scale: none"#, labels: 4),
    Case(name: "mlp", judge: #"classifier.mlp, layers: "7", batch: 3"#, labels: 3),
  ]

  @Test(arguments: cases)
  private func scoresArePyTorchs(_ test: Case) throws {
    let weights = try SafeTensors.tensors(path: "\(Self.fixtures)/\(test.name).safetensors")
    let facts = try SafeTensors.tensors(path: "\(Self.fixtures)/\(test.name).tokens.safetensors")
    let tokens = try #require(facts["tokens"])
    let size = tokens.shape[1] * tokens.shape[2]
    let values = tokens.numbers.map { Float($0) }
    let workshop = try CommandFolder()
    try workshop.write("graph.yaml", graph(test.judge, rows: tokens.shape[1], columns: tokens.shape[2]))
    try train(workshop, test, values)
    try replace(workshop, weights, facts)
    for index in 0..<tokens.shape[0] {
      let machine = facts["machine"].map { Int($0.numbers[index]) } ?? 0
      try workshop.recordFloats("token.wav", Array(values[(index * size)..<((index + 1) * size)]))
      let run = try workshop.auscult(
        "run", "graph.yaml", "--input", "token.wav", "--set", "mic.machines=\(test.machines[machine])", "--quiet")
      try #require(run.status == 0, "\(run.err)")
      let line = try #require(try workshop.text("log.jsonl").split(separator: "\n").first)
      let score = try JSONDecoder().decode(Score.self, from: Data(line.utf8))
      if let expected = facts["score"]?.numbers[index] {
        #expect(abs(score.score - expected) <= 1e-4 * max(1, expected), "token \(index)")
      } else {
        try compareClass(score, try #require(facts["probability"]), index, test.labels)
      }
    }
  }

  private func compareClass(_ score: Score, _ probability: Tensor, _ index: Int, _ labels: Int) throws {
    let row = probability.numbers[(index * labels)..<((index + 1) * labels)]
    let best = try #require(row.indices.max { row[$0] < row[$1] })
    #expect(score.class == "l\(best - row.startIndex)")
    #expect(abs((score.probability ?? -1) - row[best]) <= 1e-4)
    // No label is called normal: the odds are against the likeliest label.
    #expect(abs(score.score - log((1 - row[best]) / row[best])) <= 1e-3)
  }

  private func graph(_ judge: String, rows: Int, columns: Int) -> String {
    """
    graph: numbers
    nodes:
      mic: { type: source, machines: [fan], clipped_at: off, silent_below: off }
      numbers: { type: test.c.framer, library: \(BuildFolder.path)/libtestplugin-detector.so, width: \(columns) }
      slices: { type: slicer, length: \(rows), hop: \(rows) }
      judge: { type: \(judge), epochs: 1, model: model.safetensors }
      log: { type: sink.jsonl, path: log.jsonl, append: false }
    links: mic -> numbers -> slices -> judge -> log
    """
  }

  /// A model of the right shape, of one recording for each label and machine.
  private func train(_ workshop: CommandFolder, _ test: Case, _ values: [Float]) throws {
    var manifest = "file,label,machine,split\n"
    for label in 0..<test.labels {
      for machine in test.machines {
        let name = "train-\(label)-\(machine).wav"
        try workshop.recordFloats(name, values.map { $0 + Float(label) * 0.25 })
        manifest += "\(name),\(test.labels == 1 ? "normal" : "l\(label)"),\(machine),train\n"
      }
    }
    try workshop.write("manifest.csv", manifest)
    let trained = try workshop.auscult(
      "train", "graph.yaml", "--manifest", "manifest.csv", "--output", "model.safetensors", "--held-out", "0",
      "--threshold", "0", "--force")
    try #require(trained.status == 0, "\(trained.err)")
  }

  /// PyTorch's tensors instead of the trained ones; all must exist, and there must be no others except the scaling.
  private func replace(_ workshop: CommandFolder, _ weights: [String: Tensor], _ facts: [String: Tensor]) throws {
    var model = try ModelFile(path: workshop.path + "/model.safetensors")
    let shared = model.tensors.keys.contains { $0.hasPrefix("all.layer_") }
    let learned = Set(model.tensors.keys.filter { $0.contains(".layer_") }.map { $0.split(separator: ".")[1] })
    #expect(learned == Set(weights.keys.map { $0[...] }))
    for (name, tensor) in weights { model.tensors[(shared ? "all." : "0.") + name] = tensor }
    for (name, tensor) in facts where name.hasPrefix("references_") {
      model.tensors["\(name.dropFirst("references_".count)).embeddings"] = tensor
    }
    try model.write(workshop.path + "/model.safetensors")
  }

  @Test(arguments: [
    #"detector.autoencoder, layers: "12 4 12", output: sigmoid"#, "detector.convae",
    "detector.lstmae, hidden: 8, code: 4",
    #"detector.embedding, channels: "2 4 4", size: 4"#,
  ])
  func theSameSeedGivesTheSameModel(_ judge: String) throws {
    let workshop = try CommandFolder()
    try workshop.write("graph.yaml", graph(judge, rows: 8, columns: 12))
    var random = SeededRandom(seed: 3)
    for name in ["a", "b", "c", "d"] {
      try workshop.recordFloats(
        "normal/\(name).wav", (0..<(96 * 7)).map { _ in Float.random(in: 0...1, using: &random) })
    }
    func model(seed: Int) throws -> Data {
      let trained = try workshop.auscult(
        "train", "graph.yaml", "--normal", "normal", "--output", "model.safetensors", "--threshold", "0", "--seed",
        "\(seed)", "--set", "judge.epochs=3", "--set", "judge.validation=25 %")
      try #require(trained.status == 0, "\(trained.err)")
      return try workshop.data("model.safetensors")
    }
    let first = try model(seed: 1)
    #expect(try model(seed: 1) == first)
    #expect(try model(seed: 2) != first)
  }

  @Test func aModelOfAnotherNetworkIsRefused() throws {
    let workshop = try CommandFolder()
    try workshop.write("graph.yaml", graph(#"detector.autoencoder, layers: "12 4 12""#, rows: 8, columns: 12))
    var random = SeededRandom(seed: 4)
    try workshop.recordFloats("a.wav", (0..<960).map { _ in Float.random(in: 0...1, using: &random) })
    try workshop.write("manifest.csv", "file,label\na.wav,normal\n")
    let trained = try workshop.auscult(
      "train", "graph.yaml", "--manifest", "manifest.csv", "--output", "model.safetensors", "--held-out", "0",
      "--threshold", "0")
    try #require(trained.status == 0, "\(trained.err)")
    let run = try workshop.auscult("run", "graph.yaml", "--input", "a.wav", "--set", "judge.output=sigmoid")
    #expect(run.status == 1)
    #expect(run.err.contains("the model's network is dense 12 4 12 linear, the graph's dense 12 4 12 sigmoid"))
  }

  @Test(arguments: [
    ("detector.autoencoder, layers: none", "'none' is not a list of 1 to 16 sizes from 1 to 4096"),
    ("detector.autoencoder, layers: 9 4097 9", "'9 4097 9' is not a list of 1 to 16 sizes from 1 to 4096"),
    (#"detector.autoencoder, layers: "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17""#, "is not a list of 1 to 16 sizes"),
    (#"detector.convae, channels: "1025""#, "'1025' is not a list of 1 to 16 sizes from 1 to 1024"),
    ("detector.autoencoder, batch: 4097", "'batch' takes a whole number from 1 to 4096"),
    (
      #"detector.embedding, channels: "1 1024", size: 4096"#,
      "its decoder's first layer would have 75497472 weights, at most 67108864 are allowed"
    ),
    (#"detector.convae, channels: "2 2 2 2 2""#, "halvings need slices of at least 17 analysis frames and bands"),
    ("detector.embedding", "multiples of 8, these have 6 and 12"),
    (#"classifier.cnn, channels: "2 2 2 2""#, "4 halvings are too many for slices of 6 analysis frames and 12 bands"),
  ])
  func whatCannotBeTrained(_ judge: String, _ text: String) throws {
    let workshop = try CommandFolder()
    try workshop.write("graph.yaml", graph(judge, rows: 6, columns: 12))
    var random = SeededRandom(seed: 4)
    for label in ["normal", "other"] {
      try workshop.recordFloats(
        "data/\(label)/a.wav", (0..<720).map { _ in Float.random(in: 0...1, using: &random) })
    }
    let trained = try workshop.auscult(
      "train", "graph.yaml", "--dataset", "data", "--output", "model.safetensors", "--held-out", "0", "--threshold",
      "0", "--test", "0")
    #expect(trained.status == 1)
    #expect(trained.err.contains(text), "\(trained.err)")
    #expect(!workshop.contains("model.safetensors"))
  }
}
