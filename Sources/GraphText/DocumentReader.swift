/// Builds the value of a YAML text from its events, with locations and within the limits.
struct DocumentReader {
  /// The cost of walking through a value.
  private struct Size {
    /// Number of values in it, itself and repetitions by aliases included.
    var count = 1
    /// Nested levels of lists and maps, itself included.
    var depth = 0

    mutating func enclose(_ other: Size) {
      count += other.count
      depth = max(depth, other.depth + 1)
    }
  }

  /// A list or map that has not ended yet.
  private struct Open {
    var isMap: Bool
    var start: YAMLMark
    var anchor: String?
    var items: [DocumentValue] = []
    var entries: [DocumentEntry] = []
    /// The keys, with their lines.
    var keys: [String: Int] = [:]
    /// A key that waits for its value; outer nil: there is none; inner nil: the key can't be used.
    var key: DocumentScalar??
    var size = Size(depth: 1)
  }

  /// Ends the reading: more diagnostics would be guesses.
  private struct Stop: Error {}

  private let file: String
  private let skippedLines: Int
  private let isOverride: Bool
  private let lines: [Substring]
  private let events: YAMLEventReader
  private var stack: [Open] = []
  private var root: DocumentValue?
  private var anchors: [String: (value: DocumentValue, size: Size)] = [:]
  private var count = 0

  /// - Parameters:
  ///   - firstLine: number of the text's first line in locations.
  ///   - isOverride: the text is a value of an override.
  init(file: String, text: String, firstLine: Int = 1, isOverride: Bool = false) {
    self.file = file
    self.isOverride = isOverride
    skippedLines = firstLine - 1
    lines = splitLines(text)
    events = YAMLEventReader(text.utf8)
  }

  /// The value of the whole file; nil if it is empty or could not be read to the end.
  mutating func read(_ collector: inout DiagnosticCollector) -> DocumentValue? {
    do {
      try refuseDirectiveFlood(&collector)
      while let item = try nextItem(&collector) { try take(item, &collector) }
    } catch {
      return nil
    }
    if root == nil {
      collector.add(
        "empty", "the file is empty; a graph has the keys 'graph', 'nodes' and 'links'", at: place(1, 1, 1))
    }
    return root
  }

  /// Refuses many directives, because libyaml compares each one with all before it.
  private func refuseDirectiveFlood(_ collector: inout DiagnosticCollector) throws(Stop) {
    let directives = lines.indices.filter { lines[$0].utf8.first == UInt8(ascii: "%") }
    guard directives.count > 4 else { return }
    collector.add("syntax", "more YAML directives than a graph needs", at: place(directives[4] + 1, 1, 1))
    throw Stop()
  }

  private func nextItem(_ collector: inout DiagnosticCollector) throws(Stop) -> YAMLEventReader.Item? {
    do {
      let item = try events.next()
      if case .streamEnd = item.event { return nil }
      return item
    } catch {
      let mark = insideText(error.mark)
      guard !error.isDepth else { throw tooDeep(place(mark), &collector) }
      let isTab = character(at: mark) == "\t"
      let problem = isTab ? "a tab can't indent or begin a value; use spaces" : error.problem
      // An override has one line, so the context would say nothing.
      let hasContext = !isTab && !isOverride
      let context = hasContext ? error.context.map { " \($0.text) that begins in line \($0.line + 1)" } : nil
      collector.add("syntax", "not valid YAML: \(problem)\(context ?? "")", at: place(mark))
      throw Stop()
    }
  }

  private mutating func take(_ item: YAMLEventReader.Item, _ collector: inout DiagnosticCollector) throws(Stop) {
    if let tag = item.tag, !tag.isEmpty {
      collector.add("tag", "tags such as \(quoted(tag)) have no meaning in a graph file", at: span(item))
    }
    switch item.event {
    case .documentStart where root != nil:
      collector.add("syntax", "a graph file has one document, but another begins here", at: span(item))
      throw Stop()
    case .documentStart, .documentEnd, .streamEnd: break
    case .scalar(let text, let isPlain):
      let scalar = scalar(text, isPlain, item, &collector)
      try finish(.scalar(scalar), Size(), anchor: item.anchor, item, &collector)
    case .alias(let name): try takeAlias(name, item, &collector)
    case .listStart, .mapStart: try open(item, &collector)
    case .listEnd, .mapEnd: try close(item, &collector)
    }
  }

  // MARK: Scalars and aliases

  private func scalar(
    _ text: String, _ isPlain: Bool, _ item: YAMLEventReader.Item, _ collector: inout DiagnosticCollector
  ) -> DocumentScalar {
    let isOneLine = item.start.line == item.end.line
    var scalar = DocumentScalar(text: text, location: span(item), isMissing: isPlain && text.isEmpty)
    let quote = isPlain ? 0 : 1
    let isVerbatim = isOneLine && item.end.column - item.start.column == text.unicodeScalars.count + 2 * quote
    scalar.verbatimOffset = isVerbatim ? quote : nil
    if text.utf8.contains(UInt8(ascii: "$")) { scalar.references = references(item, in: text) }
    scalar.refuseNUL(&collector)
    return scalar
  }

  /// The location of each `${`; nil if the file does not have as many as the text.
  private func references(_ item: YAMLEventReader.Item, in text: String) -> [SourceLocation]? {
    var found: [SourceLocation] = []
    for line in item.start.line...item.end.line where lines.indices.contains(line) {
      let scalars = Array(lines[line].unicodeScalars)
      let first = line == item.start.line ? item.start.column : 0
      let last = line == item.end.line ? min(item.end.column, scalars.count) : scalars.count
      for column in stride(from: first, to: last - 1, by: 1) where scalars[column] == "$" && scalars[column + 1] == "{"
      {
        found.append(place(line + 1, column + 1, 2))
      }
    }
    return found.count == text.split(separator: "${", omittingEmptySubsequences: false).count - 1 ? found : nil
  }

  private mutating func takeAlias(
    _ name: String, _ item: YAMLEventReader.Item, _ collector: inout DiagnosticCollector
  ) throws(Stop) {
    guard let anchor = anchors[name] else {
      collector.add(
        "unknown-alias", "there is no anchor '&\(name)' before this alias", at: span(item), written: name,
        candidates: Array(anchors.keys))
      var broken = DocumentScalar(text: "", location: span(item))
      broken.isBroken = true
      return try finish(.scalar(broken), Size(), anchor: nil, item, &collector)
    }
    guard stack.count + anchor.size.depth <= Limits.depth else { throw tooDeep(span(item), &collector) }
    try finish(anchor.value, anchor.size, anchor: nil, item, &collector)
  }

  // MARK: Lists and maps

  private func tooDeep(_ location: SourceLocation, _ collector: inout DiagnosticCollector) -> Stop {
    collector.add("too-deep", "lists and maps are nested more than \(Limits.depth) levels deep", at: location)
    return Stop()
  }

  private mutating func open(_ item: YAMLEventReader.Item, _ collector: inout DiagnosticCollector) throws(Stop) {
    guard stack.count < Limits.depth else { throw tooDeep(span(item), &collector) }
    var isMap = false
    if case .mapStart = item.event { isMap = true }
    stack.append(Open(isMap: isMap, start: item.start, anchor: item.anchor))
    count += 1
  }

  private mutating func close(_ item: YAMLEventReader.Item, _ collector: inout DiagnosticCollector) throws(Stop) {
    let open = stack.removeLast()
    let isOneLine = open.start.line == item.end.line
    let location = place(
      open.start.line + 1, open.start.column + 1, isOneLine ? item.end.column - open.start.column : 1)
    let value: DocumentValue = open.isMap ? .map(open.entries, location) : .list(open.items, location)
    count -= open.size.count
    try finish(value, open.size, anchor: open.anchor, item, &collector)
  }

  /// Adds a complete value to the innermost list or map, or makes it the root.
  private mutating func finish(
    _ value: DocumentValue, _ size: Size, anchor: String?, _ item: YAMLEventReader.Item,
    _ collector: inout DiagnosticCollector
  ) throws(Stop) {
    count += size.count
    guard count <= Limits.values else {
      collector.add("too-large", "more than \(Limits.values) values, aliases written out", at: span(item))
      throw Stop()
    }
    if let anchor { anchors[anchor] = (value, size) }
    guard let top = stack.indices.last else {
      root = value
      return
    }
    stack[top].size.enclose(size)
    if !stack[top].isMap {
      stack[top].items.append(value)
    } else if let key = stack[top].key {
      if let key { stack[top].entries.append(DocumentEntry(key: key, value: value)) }
      stack[top].key = nil
    } else {
      stack[top].key = .some(usableKey(value, item, top, &collector))
    }
  }

  /// Nil if it can't be a key, or occurs twice.
  private mutating func usableKey(
    _ value: DocumentValue, _ item: YAMLEventReader.Item, _ top: Int, _ collector: inout DiagnosticCollector
  ) -> DocumentScalar? {
    guard !value.isBroken else { return nil }
    guard case .scalar(var key) = value, !key.isMissing else {
      collector.add("bad-key", "a key must be text, not \(value.noun)", at: value.location)
      return nil
    }
    // The location of an alias is where it is written, not where its anchor is.
    let location = span(item)
    key.location = location
    if key.text == "<<" {
      collector.add("bad-key", "merge keys ('<<') have no meaning in a graph file", at: location)
      return nil
    }
    if let line = stack[top].keys[key.text] {
      collector.add("duplicate-key", "\(quoted(key.text)) is given twice, first in line \(line)", at: location)
      return nil
    }
    stack[top].keys[key.text] = location.line
    return key
  }

  // MARK: Places

  private func place(_ line: Int, _ column: Int, _ length: Int) -> SourceLocation {
    SourceLocation(file: file, line: line + skippedLines, column: column, length: max(1, length))
  }

  /// The end of the text may be on a line after the last line.
  private func insideText(_ mark: YAMLMark) -> YAMLMark {
    let last = lines.lastIndex { !$0.isEmpty } ?? 0
    return mark.line <= last ? mark : YAMLMark(line: last, column: length(ofLine: last))
  }

  private func place(_ mark: YAMLMark) -> SourceLocation { place(mark.line + 1, mark.column + 1, 1) }

  /// From the beginning of an event to its end, or to the end of its first line.
  private func span(_ item: YAMLEventReader.Item) -> SourceLocation {
    let isOneLine = item.start.line == item.end.line
    let end = isOneLine ? item.end.column : length(ofLine: item.start.line)
    return place(item.start.line + 1, item.start.column + 1, end - item.start.column)
  }

  private func length(ofLine line: Int) -> Int {
    lines.indices.contains(line) ? lines[line].unicodeScalars.count : 0
  }

  private func character(at mark: YAMLMark) -> Unicode.Scalar? {
    lines[mark.line].unicodeScalars.dropFirst(mark.column).first
  }
}
