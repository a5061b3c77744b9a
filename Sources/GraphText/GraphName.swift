/// The name of a graph, or of a run: it becomes a JACK client's name and part of a socket's path.
package enum GraphName {
  /// What a name must be, in words.
  package static let rule = "1 to 48 bytes, no ':', no '/', nothing unprintable, and no '.' at the beginning"

  package static func isValid(_ name: String) -> Bool {
    (1...48).contains(name.utf8.count) && !name.hasPrefix(".") && !name.contains { ":/".contains($0) }
      && name.unicodeScalars.allSatisfy(TerminalText.isPrintable)
  }
}
