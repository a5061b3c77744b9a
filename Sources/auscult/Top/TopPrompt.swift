import LiveControl

/// The line in which a person types the values of a change.
struct TopPrompt {
  let kind: ChangeRequest.Kind
  let node: String
  private(set) var text = ""

  init(_ kind: ChangeRequest.Kind, node: String) {
    self.kind = kind
    self.node = node
  }

  mutating func take(_ key: Key) {
    switch key {
    case .character(let character): if text.utf8.count < 1000 { text.append(character) }
    case .erase: _ = text.popLast()
    case .eraseLine: text = ""
    default: break
    }
  }

  var question: String {
    switch kind {
    case .set: "set \(node), a parameter that may change while it runs, such as gain=0.5: "
    case .shadow: "candidate for \(node), such as type=detector.level: "
    default: "swap \(node), such as learn=2min or type=CLASS (nothing: its rebuilt library): "
    }
  }

  /// - Returns: the request, or what is wrong with the values.
  var result: Result<ChangeRequest, Problem> {
    var request = ChangeRequest(kind)
    (request.node, request.values) = (node, Self.words(text))
    if let bad = request.values.first(where: { !$0.dropFirst().contains("=") || $0.hasPrefix("=") }) {
      return .failure(Problem(text: "'\(bad)' is not of the form key=value"))
    }
    if kind != .swap, request.values.isEmpty { return .failure(Problem(text: "no value was given")) }
    return .success(request)
  }

  struct Problem: Error { var text: String }

  /// Words between spaces; quotes keep spaces, as in a shell.
  private static func words(_ text: String) -> [String] {
    var (words, word, quote): ([String], String?, Character?) = ([], nil, nil)
    for character in text {
      switch character {
      case quote: quote = nil
      case "\"" where quote == nil, "'" where quote == nil:
        quote = character
        word = word ?? ""
      case " " where quote == nil:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    return words + [word].compactMap { $0 }
  }
}
