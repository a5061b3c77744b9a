/// Several graphs, trained and judged on the same recordings.
public struct Comparison: Sendable {
  /// A graph.
  public struct Row: Sendable {
    /// Of its file, as it was given.
    public var path: String
    public var graph = ""
    public var node = ""
    public var className = ""
    /// Classes of the nodes before the detector, without the source.
    public var frontEnd: [String] = []
    /// By seed; of a detector that draws nothing, a single one.
    public var results: [SeedResult] = []
    /// Why it has no figures.
    public var failure: String?

    init(path: String) { self.path = path }
  }

  public var rows: [Row] = []
  /// Where the recordings come from, and how many there are of each part.
  public var source: String
  public var recordings: [Part: Int]
  /// Labels that classifiers tell apart, instead of what is normal and what is not.
  public var isClassification: Bool
  public var seeds: [UInt64]
  /// Path of the graph that the others are measured against; nil: the best.
  public var reference: String?

  public var failures: Int { rows.count { $0.failure != nil } }
}

/// A person gave up. What is finished is kept.
public struct ComparisonInterrupted: Error, CustomStringConvertible {
  let done: Int
  let all: Int
  let folder: String

  public var description: String {
    "interrupted; \(done) of \(all) trainings are done and kept in \(folder): the same command goes on from there"
  }
}
