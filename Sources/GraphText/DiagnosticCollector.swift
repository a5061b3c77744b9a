/// Collects all diagnostics and sorts them.
package struct DiagnosticCollector {
  private struct Finding: Hashable {
    var message: String
    var location: SourceLocation?
  }

  private var kept: [Diagnostic] = []
  private var known: Set<Finding> = []
  private var surplus = 0
  /// Number of names that may still be compared for suggestions.
  private var comparisons = Limits.comparisons
  /// Files in the order in which they were read. Their diagnostics have this order.
  private var fileOrder: [String: Int] = [:]
  package private(set) var sources = SourceSet()

  package init() {}

  package var hasErrors: Bool { surplus > 0 || kept.contains { $0.severity == .error } }

  /// Adds a diagnostic. The suggestion is the candidate most similar to `written`, if one is similar.
  package mutating func add(
    _ code: String, _ message: String, at location: SourceLocation?, written: String = "",
    candidates: @autoclosure () -> [String] = [], severity: Diagnostic.Severity = .error
  ) {
    // A node in the middle of a chain is looked up twice.
    guard !known.contains(Finding(message: message, location: location)) else { return }
    guard kept.count < Limits.diagnostics else {
      surplus += 1
      return
    }
    known.insert(Finding(message: message, location: location))
    kept.append(
      Diagnostic(
        severity, code: code, message: message, location: location, suggestion: suggestion(written, candidates)))
  }

  private mutating func suggestion(_ written: String, _ candidates: () -> [String]) -> String? {
    guard !written.isEmpty, comparisons > 0 else { return nil }
    let names = candidates()
    comparisons -= names.count
    return nearest(written, among: names)
  }

  /// All diagnostics, by file and location, with the source lines.
  package func finished() -> [Diagnostic] {
    var all = kept.enumerated().sorted { rank($0) < rank($1) }.map(\.element)
    for index in all.indices { all[index].sourceLine = all[index].location.flatMap { sources.line(at: $0) } }
    if surplus > 0 {
      all.append(Diagnostic(code: "too-many", message: "and \(surplus) more; the first \(all.count) are shown"))
    }
    return all
  }

  /// Stores the text of a file.
  mutating func note(_ file: String, _ text: String) {
    fileOrder[file] = fileOrder.count
    sources.add(file, text)
  }

  mutating func note(_ file: String, line: String) {
    if fileOrder[file] == nil { fileOrder[file] = fileOrder.count }
    sources.append(file, line: line)
  }

  /// Diagnostics without a location come first. Equal locations keep the order in which they were found.
  private func rank(_ item: (offset: Int, element: Diagnostic)) -> (Int, Int, Int, Int) {
    guard let location = item.element.location else { return (-1, 0, 0, item.offset) }
    return (fileOrder[location.file] ?? .max, location.line, location.column, item.offset)
  }
}
