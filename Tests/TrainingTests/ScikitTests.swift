import Foundation
import TestSupport
import Testing
import Training

/// On the same features, scores are scikit-learn's. The features are stored as sound; see
/// Tests/Fixtures/scikit-learn/make.py.
@Suite struct ScikitTests {
  static let fixtures = BuildFolder.package + "/Tests/Fixtures/scikit-learn"

  /// Columns of scores.csv.
  static let expected: [String: [Double]] = {
    let text = (try? String(contentsOfFile: fixtures + "/scores.csv", encoding: .utf8)) ?? ""
    let lines = text.split(separator: "\n").map { $0.split(separator: ",").map(String.init) }
    guard let names = lines.first else { return [:] }
    return Dictionary(
      uniqueKeysWithValues: names.enumerated().map { column, name in
        (name, lines.dropFirst().compactMap { Double($0[column]) })
      })
  }()

  private func graph(_ judge: String) -> String {
    """
    graph: numbers
    nodes:
      mic: { type: source, machines: [fan], clipped_at: off }
      numbers: { type: test.c.framer, library: \(BuildFolder.path)/libtestplugin-detector.so, width: 12 }
      judge: { \(judge), model: model.safetensors }
      log: { type: sink.jsonl, path: log.jsonl, append: false }
    links: mic -> numbers -> judge -> log
    """
  }

  private struct Score: Decodable {
    var score: Double
    var `class`: String?
    var probability: Double?
  }

  private func judged(_ judge: String, train: [String], test: String = "test.wav") throws -> [Score] {
    let workshop = try CommandFolder()
    try workshop.write("graph.yaml", graph(judge))
    let trained = try workshop.run(
      ["train", "graph.yaml", "--output", "model.safetensors", "--held-out", "0", "--threshold", "0"] + train)
    try #require(trained.status == 0, "\(trained.err)")
    let run = try workshop.auscult("run", "graph.yaml", "--input", "\(Self.fixtures)/\(test)", "--quiet")
    try #require(run.status == 0, "\(run.err)")
    return try workshop.text("log.jsonl").split(separator: "\n").map {
      try JSONDecoder().decode(Score.self, from: Data($0.utf8))
    }
  }

  @Test(arguments: [
    ("kmeans-1", "type: detector.kmeans"), ("kmeans-3", "type: detector.kmeans, clusters: 3"),
    ("kmeans-raw", "type: detector.kmeans, clusters: 3, scale: none"),
    ("mahalanobis-empirical", "type: detector.mahalanobis, covariance: empirical"),
    ("mahalanobis-ledoit-wolf", "type: detector.mahalanobis"), ("ocsvm-scale", "type: detector.ocsvm, nu: 0.1"),
    ("ocsvm-gamma", "type: detector.ocsvm, gamma: 0.05"),
    ("ocsvm-raw", "type: detector.ocsvm, nu: 0.1, scale: none"),
    ("knn-none", "type: detector.knn, neighbors: 3, density: none"), ("knn-local", "type: detector.knn, neighbors: 3"),
    ("gmm-3", "type: detector.gmm, components: 3, tolerance: 1e-12, iterations: 5000"),
    ("gmm-1", "type: detector.gmm, components: 1"), ("pca-5", "type: detector.pca, components: 5"),
    ("pca-80", "type: detector.pca, components: 80 %"),
  ])
  func scores(name: String, judge: String) throws {
    try compare(name, try judged(judge, train: ["--normal", Self.fixtures + "/train"]).map(\.score))
  }

  /// Fewer tokens than values.
  @Test(arguments: [
    ("pca-few", "type: detector.pca, components: 4"),
    ("mahalanobis-few", "type: detector.mahalanobis, covariance: empirical"),
  ])
  func fewTokens(name: String, judge: String) throws {
    try compare(name, try judged(judge, train: ["--normal", Self.fixtures + "/few"]).map(\.score))
  }

  @Test func naiveBayes() throws {
    let scores = try judged("type: detector.bayes", train: ["--dataset", Self.fixtures + "/labelled", "--test", "0"])
    try compare("bayes-score", scores.map(\.score))
    try compare("bayes-probability", scores.map { $0.probability ?? -1 }, isVaried: false)
    let labels = ["bearing", "normal", "rub"]
    try compare("bayes-class", scores.map { Double(labels.firstIndex(of: $0.class ?? "") ?? -1) })
  }

  @Test(arguments: [
    ("logistic", "classifier.logistic"), ("logistic-weak", "classifier.logistic, c: 0.01"),
    ("logistic-raw", "classifier.logistic, c: 100, scale: none"), ("logistic-two", "classifier.logistic, c: 0.5"),
    ("knn-labels", "classifier.knn"), ("knn-weighted", "classifier.knn, neighbors: 7, weights: distance"),
    ("knn-even", "classifier.knn, neighbors: 4, scale: none"),
  ])
  func classifiers(name: String, judge: String) throws {
    let workshop = try CommandFolder()
    // Two labels: the first two.
    let labels = name == "logistic-two" ? ["bearing", "normal"] : ["bearing", "normal", "rub"]
    for label in labels {
      let data = try Data(contentsOf: URL(fileURLWithPath: "\(Self.fixtures)/labelled/\(label)/\(label).wav"))
      try workshop.write("labelled/\(label)/\(label).wav", data)
    }
    let scores = try judged(
      "type: \(judge)", train: ["--dataset", workshop.path + "/labelled", "--test", "0"], test: "hard.wav")
    try compare("\(name)-score", scores.map(\.score))
    try compare("\(name)-probability", scores.map { $0.probability ?? -1 }, isVaried: false)
    try compare("\(name)-class", scores.map { Double(labels.firstIndex(of: $0.class ?? "") ?? -1) }, isVaried: false)
  }

  private func compare(_ name: String, _ scores: [Double], isVaried: Bool = true) throws {
    let expected = try #require(Self.expected[name])
    try #require(scores.count == expected.count && expected.count == 120)
    let largest = zip(scores, expected).map { abs($0 - $1) / max(1, abs($1)) }.max() ?? .infinity
    print("\(name): largest difference \(largest)")
    #expect(largest <= 1e-4)
    // The fixture's two halves differ, so a detector with a constant score would fail.
    if isVaried { #expect(Set(scores.map { ($0 * 1e6).rounded() }).count > 2) }
  }

  /// AUC, pAUC and average precision, with and without ties.
  @Test func areas() throws {
    let lines = try String(contentsOfFile: Self.fixtures + "/metrics.csv", encoding: .utf8).split(separator: "\n")
    for line in lines.dropFirst() {
      let fields = line.split(separator: ",").map(String.init)
      let dash = try #require(fields[0].lastIndex(of: "-"))
      let scale = pow(10, Double(fields[0][fields[0].index(after: dash)...])!)
      let scores = try #require(Self.expected[String(fields[0][..<dash])])
      let ranking = Ranking(scores.enumerated().map { (($1 * scale).rounded(.toNearestOrEven) / scale, $0 >= 60) })
      let found = [ranking.auc, ranking.partialAUC(), ranking.averagePrecision]
      for (value, expected) in zip(found, fields.dropFirst()) {
        #expect(abs(try #require(value) - Double(expected)!) <= 1e-6, "\(line)")
      }
    }
    #expect(lines.count == 7)
  }

  @Test func gammaQuantile() throws {
    let text = try String(contentsOfFile: Self.fixtures + "/gamma.txt", encoding: .utf8)
    let expected = try #require(Double(text.trimmingCharacters(in: .whitespacesAndNewlines)))
    let scores = try #require(Self.expected["kmeans-1"])
    let fit = try #require(GammaFit(scores))
    #expect(abs(fit.quantile(0.9) - expected) <= 1e-6 * expected)
  }
}
