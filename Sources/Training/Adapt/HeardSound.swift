/// Normal sound of one machine, for an adaptation.
struct HeardSound: Sendable {
  /// Tokens with nothing missing between them, in the order of time; silent ones are among them.
  struct Stretch: Sendable {
    var recording: Recording
    /// Identifies the recording, and the group that it belongs to.
    var number: Int
    var group: Int
    var tokens: [TapToken]
  }

  /// Channel of the graph for this machine.
  var channel: Int
  var stretches: [Stretch] = []

  /// Tokens for the offsets and the scores: all but silent ones.
  var measured: [TapToken] { stretches.flatMap(\.tokens).filter { !$0.isSilent } }

  // MARK: Folds

  /// Number of parts. The threshold is set on the scores of each part with the offsets of the others.
  private static let foldCount = 4

  /// The part of each measured token. Parts are whole groups of recordings if there are enough groups and none holds
  /// more than half of the sound; otherwise stretches of time.
  var folds: [Int] {
    let groups = stretches.flatMap { stretch in stretch.tokens.filter { !$0.isSilent }.map { _ in stretch.group } }
    let sizes = Dictionary(groups.map { ($0, 1) }, uniquingKeysWith: +)
    guard sizes.count >= Self.foldCount, sizes.values.max()! * 2 <= groups.count else {
      return groups.indices.map { $0 * Self.foldCount / groups.count }
    }
    // The largest first, each into the smallest part: parts get about one size.
    var (held, parts) = ([Int](repeating: 0, count: Self.foldCount), [Int: Int]())
    for (group, size) in sizes.sorted(by: { ($1.value, $0.key) < ($0.value, $1.key) }) {
      let least = held.indices.min { held[$0] < held[$1] }!
      held[least] += size
      parts[group] = least
    }
    return groups.map { parts[$0]! }
  }

  /// For each part, all tokens outside of it.
  var rests: [[TapToken]] {
    let (tokens, folds) = (measured, folds)
    return (0..<Self.foldCount).map { fold in zip(tokens, folds).filter { $1 != fold }.map(\.0) }
  }
}

extension AdaptedMachine {
  /// Passes on the scores as an alarm gets them: with the silence between them.
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
