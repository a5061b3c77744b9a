import NodeKit

/// Draws recordings with replacement, separately for each machine and label: how often each counts. The same seed gives
/// the same draws.
struct RecordingDraws {
  /// Place of each recording, by its path.
  let places: [String: Int]
  private let strata: [[Int]]
  private var generator: SeededGenerator

  init(_ recordings: some Sequence<JudgedRecording>, seed: UInt64) {
    var kinds: [String: Set<String>] = [:]
    for recording in recordings {
      kinds[recording.path, default: []].insert("\(recording.machine)\u{1F}\(recording.label)")
    }
    let paths = kinds.keys.sorted()
    places = Dictionary(uniqueKeysWithValues: paths.enumerated().map { ($1, $0) })
    let groups = Dictionary(grouping: paths.indices) { kinds[paths[$0]]!.sorted() }
    strata = groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map(\.value)
    generator = SeededGenerator(seed: seed)
  }

  /// Every recording once.
  var whole: [Int] { Array(repeating: 1, count: places.count) }

  mutating func next() -> [Int] {
    var counts = Array(repeating: 0, count: places.count)
    for stratum in strata { for _ in stratum { counts[stratum[generator.index(stratum.count)]] += 1 } }
    return counts
  }
}

/// Scores of one graph and seed, prepared for counting with drawn recordings.
struct CountedScores {
  /// Of recordings of one machine. `isHit`: anomalous; for classifiers: correct.
  private struct Machine {
    var items: [(score: Double, isHit: Bool, place: Int)] = []
    /// Normal tokens of a recording, and how many are above the threshold.
    var tokens: [(normal: Int, flagged: Int, place: Int)] = []
    /// Enough of both kinds for an interval.
    var varies = false
  }

  struct Values {
    /// Of each machine: AUC, or accuracy.
    var quality: [Double?]
    var pauc: [Double?]
    var flagged: [Double?]
  }

  private let machines: [Machine]
  private let isClassification: Bool

  /// - Parameter chosen: places of the recordings to include; nil: all.
  init(
    _ result: SeedResult, machines names: [String], places: [String: Int], chosen: Set<Int>? = nil,
    isClassification: Bool
  ) {
    self.isClassification = isClassification
    let indices = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    var machines = Array(repeating: Machine(), count: names.count)
    for recording in result.recordings {
      let place = places[recording.path]!
      guard chosen?.contains(place) ?? true else { continue }
      let machine = indices[recording.machine]!
      machines[machine].tokens.append((recording.normalTokens, recording.flaggedTokens, place))
      guard recording.label != Label.unlabelled else { continue }
      let isHit = isClassification ? recording.found == recording.label : recording.label == Label.anomalous
      machines[machine].items.append((recording.score, isHit, place))
    }
    for index in machines.indices {
      machines[index].items.sort { ($0.score, $1.place) > ($1.score, $0.place) }
      let hits = Set(machines[index].items.filter(\.isHit).map(\.place)).count
      let others = Set(machines[index].items.filter { !$0.isHit }.map(\.place)).count
      machines[index].varies = isClassification ? hits + others >= 4 : hits > 1 && others > 1
    }
    self.machines = machines
  }

  /// Scratch memory of one draw.
  var count: Int { machines.reduce(0) { $0 + $1.items.count + $1.tokens.count } }

  /// Machines with enough recordings for an interval.
  var varies: [Bool] { machines.map(\.varies) }

  /// - Parameter counts: how often each recording counts, by its place.
  func values(_ counts: [Int]) -> Values {
    var values = Values(quality: [], pauc: [], flagged: [])
    for machine in machines {
      if isClassification {
        let all = machine.items.reduce(0) { $0 + counts[$1.place] }
        let right = machine.items.reduce(0) { $0 + ($1.isHit ? counts[$1.place] : 0) }
        values.quality.append(all > 0 ? Double(right) / Double(all) : nil)
        values.pauc.append(nil)
      } else {
        let ranking = Ranking(sorted: machine.items.map { ($0.score, $0.isHit, counts[$0.place]) })
        values.quality.append(ranking.auc)
        values.pauc.append(ranking.partialAUC())
      }
      let normal = machine.tokens.reduce(0) { $0 + $1.normal * counts[$1.place] }
      let flagged = machine.tokens.reduce(0) { $0 + $1.flagged * counts[$1.place] }
      values.flagged.append(normal > 0 ? Double(flagged) / Double(normal) : nil)
    }
    return values
  }
}
