/// The machines that a report shows, each in its own panel: scores of several detectors have no common scale.
struct ReportMachines {
  /// More panels would be too small to read.
  private static let most = 6

  struct Machine {
    var name: String
    var tokens: [JudgedToken]
    var threshold: Double
  }

  /// The machines with the worst separation, in the order of their names.
  let shown: [Machine]
  let count: Int

  init(_ evaluation: Evaluation) {
    let groups = Dictionary(grouping: evaluation.tokens, by: \.machine)
    count = groups.count
    let hardest = groups.keys.map { name in
      (name: name, auc: Ranking(Self.judged(groups[name]!)).auc ?? 2)
    }.sorted { ($0.auc, $0.name) < ($1.auc, $1.name) }.prefix(Self.most)
    shown = hardest.map(\.name).sorted().map { name in
      Machine(name: name, tokens: groups[name]!, threshold: groups[name]![0].threshold)
    }
  }

  /// The machine with the worst separation; nil: nothing was scored.
  var hardest: Machine? {
    shown.min { (Ranking($0.judged).auc ?? 2, $0.name) < (Ranking($1.judged).auc ?? 2, $1.name) }
  }

  /// " (6 of 9 machines: the hardest)"; empty where all are shown.
  var note: String { shown.count < count ? " (\(shown.count) of \(count) machines: the hardest)" : "" }

  /// Name for a panel: empty if there is only one machine.
  func title(_ machine: Machine) -> String { count > 1 ? machine.name : "" }

  fileprivate static func judged(_ tokens: [JudgedToken]) -> [(score: Double, isAnomalous: Bool)] {
    tokens.compactMap { token in token.isAnomalous.map { (token.score, $0) } }
  }
}

extension ReportMachines.Machine {
  /// Tokens that are normal or anomalous.
  var judged: [(score: Double, isAnomalous: Bool)] { ReportMachines.judged(tokens) }

  var decisions: Decisions {
    var decisions = Decisions()
    for token in tokens {
      if let isAnomalous = token.isAnomalous { decisions.add(isAnomalous: isAnomalous, isFlagged: token.isFlagged) }
    }
    return decisions
  }
}
