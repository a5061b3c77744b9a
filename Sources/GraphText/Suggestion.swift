/// The candidate that was probably meant: the one with the smallest edit distance, if at most a third of its letters
/// (but at least one) differ.
package func nearest(_ written: String, among candidates: [String]) -> String? {
  let text = Array(written.lowercased().unicodeScalars.prefix(64))
  guard !text.isEmpty else { return nil }
  var best: (distance: Int, name: String)?
  for candidate in candidates where candidate != written {
    let name = Array(candidate.lowercased().unicodeScalars.prefix(64))
    let allowed = max(1, max(name.count, text.count) / 3)
    guard abs(name.count - text.count) <= allowed, min(name.count, text.count) >= allowed else { continue }
    let distance = editDistance(text, name)
    if distance <= allowed, distance < max(name.count, text.count), distance < best?.distance ?? .max {
      best = (distance, candidate)
    }
  }
  return best?.name
}

/// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
///
/// - Complexity: O(a.count * b.count)
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
  var beforeLast: [Int] = []
  var last = Array(0...b.count)
  for i in a.indices {
    var row = [i + 1]
    for j in b.indices {
      var cost = min(row[j] + 1, last[j + 1] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
      if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
      row.append(cost)
    }
    (beforeLast, last) = (last, row)
  }
  return last[b.count]
}

/// Text from a file in quotes: long text is shortened, control characters are made visible.
package func quoted(_ text: String) -> String { "'\(TerminalText.line(text, most: 60))'" }
