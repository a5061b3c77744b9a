/// The types that Swift files declare or extend, each with the names declared inside of it.
struct Declarations {
  private(set) var members: [String: Set<String>] = [:]

  /// Adds a file whose text is formatted: the brace that ends a type stands below the beginning of its declaration.
  mutating func add(_ text: String) {
    let declaration = #/( *)(?:[@\w()]+ )*(?:struct|class|enum|protocol|extension|actor) ([\w.]+)/#
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      guard let match = line.prefixMatch(of: declaration) else { continue }
      var body = String(line[match.range.upperBound...])
      if !line.hasSuffix("}") {
        let end = "\(match.output.1)}"
        for next in lines[(index + 1)...].prefix(while: { !$0.hasPrefix(end) }) { body += "\n\(next)" }
      }
      // What a pointer to a type does, the type does.
      let pointee = line.firstMatch(of: /extension \w+Pointer where Pointee == (\w+)/)?.output.1
      let name = (pointee ?? match.output.2.split(separator: ".").last).map { String($0) } ?? ""
      members[name, default: []].formUnion(Declarations.names(in: body))
    }
  }

  /// Nested types count as members; so do names that functions declare for themselves.
  private static func names(in body: String) -> Set<String> {
    let declared = body.matches(of: #/\b(?:func|var|let|struct|class|enum|typealias) (\w+)/#)
    var names = Set(declared.map { String($0.output.1) })
    for list in body.matches(of: #/\bcase ([^:=\n]+)/#) {
      names.formUnion(list.output.1.matches(of: #/\w+/#).map { String($0.output) })
    }
    return names
  }
}
