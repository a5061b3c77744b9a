/// The figures of DCASE task 2 as rows of text: a row for each section, and the means.
public struct ChallengeTable: Sendable {
  public let headings: [String]
  public private(set) var rows: [[String]] = []
  /// Lines below the table.
  public private(set) var notes: [String] = []

  public init(_ figures: ChallengeFigures) {
    let hasDomains = figures.sections.contains { !$0.figures.domains.isEmpty }
    let domains = hasDomains ? Clip.Domain.allCases : []
    headings =
      ["machine", "section", "clips", "AUC"] + domains.map { "AUC (\($0.rawValue))" } + ["pAUC"]
      + domains.map { "F1 (\($0.rawValue))" }
    func cells(_ figures: ChallengeFigures.Figures) -> [String] {
      [text(figures.auc)] + domains.map { text(figures.domains[$0]?.auc) } + [text(figures.pauc)]
        + domains.map { text(figures.domains[$0]?.f1) }
    }
    for type in figures.machineTypes {
      let sections = figures.sections.filter { $0.machineType == type }
      for section in sections { rows.append([type, section.name, "\(section.clips.count)"] + cells(section.figures)) }
      guard sections.count > 1 else { continue }
      for mean in ChallengeFigures.Mean.allCases {
        rows.append([type, "\(mean.rawValue) mean", ""] + cells(figures.mean(mean, machineType: type)))
      }
    }
    if figures.machineTypes.count > 1 {
      for mean in ChallengeFigures.Mean.allCases {
        rows.append(["all", "\(mean.rawValue) mean", ""] + cells(figures.mean(mean)))
      }
    }
    addNotes(figures, hasDomains)
  }

  private mutating func addNotes(_ figures: ChallengeFigures, _ hasDomains: Bool) {
    if let score = figures.officialScore {
      notes.append(
        "official score \(FigureText.fixed(score, 4)): the harmonic mean of every section's "
          + (hasDomains ? "AUC (source), AUC (target) and pAUC" : "AUC and pAUC"))
    }
    if !figures.undefined.isEmpty {
      notes.append(
        "no official score: these figures need both normal and anomalous clips: \(listed(figures.undefined))")
    }
    if hasDomains {
      notes.append(
        "over clips, as in DCASE task 2: the AUC of a domain is over its normal clips and all anomalous ones; a "
          + "mean AUC is over sections and domains; pAUC goes up to a false positive rate of 0.1 (McClish)")
    }
    let unlabelled = figures.sections.reduce(0) { $0 + $1.clips.count { $0.isAnomalous == nil } }
    if unlabelled > 0 {
      notes.append("\(unlabelled) clips have no label: they get scores, but no figure includes them")
    }
  }
}

private func text(_ number: Double?) -> String { number.map { FigureText.fixed($0, 4) } ?? "" }
