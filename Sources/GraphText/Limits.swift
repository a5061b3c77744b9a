/// What a graph file may have at most. Far beyond any real one; they bound time and memory for hostile ones.
enum Limits {
  static let fileBytes = 1 << 20
  /// Levels of lists and maps inside each other.
  static let depth = 32
  /// Scalars, lists and maps of one file, those that aliases repeat included.
  static let values = 100_000
  static let files = 256
  static let includeDepth = 16
  static let links = 20_000
  /// Of one chain of links.
  static let linkBytes = 64_000
  /// Of a line that is shown with a diagnostic.
  static let lineBytes = 10_000
  /// `${...}` of one scalar that are told to be wrong.
  static let brokenReferences = 20
  /// Of a text that a replaced variable grows to.
  static let scalarBytes = 1 << 16
  /// Names that are compared with misspelt ones, in all.
  static let comparisons = 50_000
  /// Diagnostics that are kept; the rest is counted.
  static let diagnostics = 500
}
