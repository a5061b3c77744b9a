import JSONText

/// What `auscult accept` is to do for a page. Thread: any; `arguments` one that may wait.
struct AcceptOrder: Sendable {
  private static let mostClips = 200

  private var clips: [String] = []
  private var options: [String] = []

  /// - Throws: what is wrong with the body.
  init(_ body: JSONValue) throws(ReplyProblem) {
    for (name, value) in body.object ?? [:] {
      switch (name, value) {
      case ("clips", .array(let items)) where items.count <= Self.mostClips && items.allSatisfy({ $0.text != nil }):
        clips = items.compactMap(\.text)
      case ("machine", .text(let text)), ("node", .text(let text)), ("since", .text(let text)),
        ("until", .text(let text)), ("normal", .text(let text)), ("confirmed", .text(let text)):
        guard text.isPlain(most: 4096) else {
          throw ReplyProblem(.badRequest, "'\(name)' must have 1 to 4096 bytes and no control characters")
        }
        options.append("--\(name)=\(text)")
      case ("for", _) where value.number.map { $0 > 0 && $0 <= 86400 } ?? false:
        options.append("--for=\(value.number ?? 0)s")
      case ("false_alarms_per_hour", _) where value.number.map { $0 >= 0 && $0 <= 1000 } ?? false:
        options.append("--false-alarms-per-hour=\(value.number ?? 0)")
      case ("calibrate", .boolean(let truth)): if truth { options.append("--calibrate") }
      case ("dry_run", .boolean(let truth)): if truth { options.append("--dry-run") }
      default: throw ReplyProblem(.badRequest, "'\(name.prefix(64))' is not a valid parameter of 'accept'")
      }
    }
    let has = { (name: String) in body[name] != nil }
    let isSpan = has("machine") && has("since") && has("until") && !has("clips")
    guard isSpan || !clips.isEmpty && !has("since") && !has("until") else {
      throw ReplyProblem(.badRequest, "give 'clips', or 'machine' with 'since' and 'until'")
    }
  }

  /// The command line.
  ///
  /// - Throws: a clip is none of the run's.
  func arguments(_ run: String, _ folders: ClipFolders) throws(ReplyProblem) -> [String] {
    var paths: [String] = []
    for name in clips {
      guard let path = folders.path(name) else {
        throw ReplyProblem(.notFound, "this run has no clip '\(name.prefix(255))'; /clips of the run lists them")
      }
      paths.append(path)
    }
    return ["accept", "--graph=\(run)"] + options + paths
  }
}
