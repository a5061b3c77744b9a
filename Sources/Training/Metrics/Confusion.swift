/// Which label was taken for which.
public struct Confusion: Sendable, Equatable {
  public let labels: [String]
  /// [true label][found label]
  public private(set) var counts: [[Int]]

  public init(labels: [String]) {
    self.labels = labels
    counts = labels.map { _ in labels.map { _ in 0 } }
  }

  public mutating func add(truth: Int, found: Int) { counts[truth][found] += 1 }

  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  public var accuracy: Double {
    total == 0 ? 0 : Double(labels.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  public struct LabelReport: Sendable, Equatable {
    public var label: String
    public var precision: Double
    public var recall: Double
    public var f1: Double
    /// How many there are.
    public var support: Int
  }

  public var report: [LabelReport] {
    labels.indices.map { label in
      let hits = Double(counts[label][label])
      let support = counts[label].reduce(0, +)
      let found = Double(counts.reduce(0) { $0 + $1[label] })
      return LabelReport(
        label: labels[label], precision: found > 0 ? hits / found : 0, recall: support > 0 ? hits / Double(support) : 0,
        f1: found + Double(support) > 0 ? 2 * hits / (found + Double(support)) : 0, support: support)
    }
  }

  /// Mean F1 over the labels.
  public var macroF1: Double { labels.isEmpty ? 0 : report.reduce(0) { $0 + $1.f1 } / Double(labels.count) }
}
