/// The confusion matrix of a classifier.
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
  /// Nil without any.
  public var accuracy: Double? {
    total == 0 ? nil : Double(labels.indices.reduce(0) { $0 + counts[$1][$1] }) / Double(total)
  }

  public struct LabelReport: Sendable, Equatable {
    public var label: String
    /// Nil: no token was found as this label.
    public var precision: Double?
    /// Nil: no token has this label.
    public var recall: Double?
    /// Nil: neither found nor present.
    public var f1: Double?
    /// Number of tokens with this label.
    public var support: Int
  }

  public var report: [LabelReport] {
    labels.indices.map { label in
      let hits = Double(counts[label][label])
      let support = counts[label].reduce(0, +)
      let found = Double(counts.reduce(0) { $0 + $1[label] })
      return LabelReport(
        label: labels[label], precision: found > 0 ? hits / found : nil,
        recall: support > 0 ? hits / Double(support) : nil,
        f1: found + Double(support) > 0 ? 2 * hits / (found + Double(support)) : nil, support: support)
    }
  }

  /// Mean F1 over the labels that are present or were found; nil without any.
  public var macroF1: Double? {
    let figures = report.compactMap(\.f1)
    return figures.isEmpty ? nil : figures.reduce(0, +) / Double(figures.count)
  }
}
