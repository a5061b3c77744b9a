import Testing

/// A fenced block of a page.
struct MarkdownBlock: Sendable, CustomTestStringConvertible {
  /// The file and the line of its fence.
  var place: String
  /// What stands behind the opening fence: `yaml`, `text`, `yaml parts/bands.yaml`.
  var info: String
  var lines: [String]
  /// The block after it.
  var next: Following?

  struct Following: Sendable {
    var info: String
    var text: String
  }

  var testDescription: String { place }
  var text: String { lines.map { $0 + "\n" }.joined() }

  /// The file that it is, if its info string names one.
  var name: String? {
    let words = info.split(separator: " ")
    return words.count == 2 && words[1].contains(".") ? String(words[1]) : nil
  }

  /// The blocks of a page, in their order.
  static func blocks(of page: String, text: String) -> [MarkdownBlock] {
    var blocks: [MarkdownBlock] = []
    var isInside = false
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        let place = "\(page):\(index + 1)"
        if !isInside { blocks.append(MarkdownBlock(place: place, info: String(line.dropFirst(3)), lines: [])) }
        isInside.toggle()
      } else if isInside {
        blocks[blocks.count - 1].lines.append(String(line))
      }
    }
    for index in blocks.indices.dropLast() {
      blocks[index].next = Following(info: blocks[index + 1].info, text: blocks[index + 1].text)
    }
    return blocks
  }
}
