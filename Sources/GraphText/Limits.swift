/// Limits of a graph file. They are far beyond any real file, and bound time and memory for hostile ones.
enum Limits {
  static let fileBytes = 1 << 20
  /// Nested levels of lists and maps.
  static let depth = 32
  /// Scalars, lists and maps of one file, including those that aliases repeat.
  static let values = 100_000
  static let files = 256
  static let includeDepth = 16
  static let links = 20_000
  /// Bytes of one chain of links.
  static let linkBytes = 64_000
  /// Bytes of a source line in a diagnostic.
  static let lineBytes = 10_000
  /// Wrong `${...}` of one scalar that are reported.
  static let brokenReferences = 20
  /// Bytes of a text after the replacement of variables.
  static let scalarBytes = 1 << 16
  /// Comparisons of names for suggestions, in total.
  static let comparisons = 50_000
  /// Diagnostics that are kept; further ones are only counted.
  static let diagnostics = 500
}
