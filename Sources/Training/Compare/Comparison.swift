/// Several graphs, trained and evaluated on the same recordings.
public struct Comparison: Sendable {
  /// A graph.
  public struct Row: Sendable {
    /// Path of its file, as given.
    public var path: String
    public var graph = ""
    public var node = ""
    public var className = ""
    /// Classes of the nodes before the detector, without the source.
    public var frontEnd: [String] = []
    /// By seed; a detector without random numbers has a single one.
    public var results: [SeedResult] = []
    /// Why it has no figures.
    public var failure: String?

    init(path: String) { self.path = path }
  }

  public var rows: [Row] = []
  /// Where the recordings come from, and how many there are of each part.
  public var source: String
  public var recordings: [Part: Int]
  /// Labels of classifiers; empty: normal and anomalous.
  public var isClassification: Bool
  public var seeds: [UInt64]
  /// Path of the reference graph; nil: the best.
  public var reference: String?

  public var failures: Int { rows.count { $0.failure != nil } }
}

/// The user cancelled. Finished results are kept.
public struct ComparisonInterrupted: Error, CustomStringConvertible {
  let done: Int
  let all: Int
  let folder: String

  public var description: String {
    "interrupted; \(done) of \(all) trainings are done and kept in \(folder): the same command continues from there"
  }
}
