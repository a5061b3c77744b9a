/// Normal sound of one machine that a model is adapted by.
struct HeardSound: Sendable {
  /// Tokens with nothing missing between them, in the order of time; silent ones are among them.
  struct Stretch: Sendable {
    var recording: Recording
    /// Tells recordings apart, and what they belong to.
    var number: Int
    var group: Int
    var tokens: [TapToken]
  }

  /// Of the graph, that the machine is heard on.
  var channel: Int
  var stretches: [Stretch] = []

  /// What offsets are measured on, and what is scored: all but silence.
  var measured: [TapToken] { stretches.flatMap(\.tokens).filter { !$0.isSilent } }

  // MARK: Folds

  /// Parts whose scores a threshold is set on; the offsets of each are those of the rest.
  private static let foldCount = 4

  /// The part that each measured token lies in: whole groups of recordings where there are enough of them, and none holds
  /// more than half of the sound; else stretches of time.
  var folds: [Int] {
    let groups = stretches.flatMap { stretch in stretch.tokens.filter { !$0.isSilent }.map { _ in stretch.group } }
    let sizes = Dictionary(groups.map { ($0, 1) }, uniquingKeysWith: +)
    guard sizes.count >= Self.foldCount, sizes.values.max()! * 2 <= groups.count else {
      return groups.indices.map { $0 * Self.foldCount / groups.count }
    }
    // The largest first, each into the part that has least: parts of about one size.
    var (held, parts) = ([Int](repeating: 0, count: Self.foldCount), [Int: Int]())
    for (group, size) in sizes.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let least = held.indices.min { held[$0] < held[$1] }!
      held[least] += size
      parts[group] = least
    }
    return groups.map { parts[$0]! }
  }

  /// For each part, what lies outside of it.
  var rests: [[TapToken]] {
    let (tokens, folds) = (measured, folds)
    return (0..<Self.foldCount).map { fold in zip(tokens, folds).filter { $1 != fold }.map(\.0) }
  }
}

extension AdaptedMachine {
  /// Hands on the scores of what was heard, as an alarm hears them: with the silence between them.
  func addScores(to held: inout HeldOutScores) {
    var next = scores.makeIterator()
    for stretch in heard.stretches {
      let judged = stretch.tokens.map { token in
        var token = token
        let score = token.isSilent ? 0 : next.next()!
        token.score = TapToken.Score(value: score, threshold: 0, classIndex: 0, probability: 0)
        return token
      }
      held.add(judged, of: stretch.recording, number: stretch.number, group: stretch.group, machine: name)
    }
  }
}
