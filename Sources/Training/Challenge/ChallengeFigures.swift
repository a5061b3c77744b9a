import JSONText
import TextEscapes

/// The figures of DCASE task 2, over clips by the mean of their scores.
///
/// As in the task since 2022: the AUC of a domain is over its normal clips and the anomalous clips of all domains; the
/// pAUC is over a section, up to a false positive rate of 0.1, on McClish's scale; the official score is the harmonic
/// mean of all these AUCs and pAUCs. Where clips have no domain (2020), AUCs are over sections.
public struct ChallengeFigures: Sendable {
  /// Of a section, or a mean over several; undefined figures are nil.
  public struct Figures: Sendable, Equatable {
    public internal(set) var auc: Double?
    public internal(set) var pauc: Double?
    public internal(set) var domains: [Clip.Domain: Domain] = [:]

    /// The AUCs that count: by domain, where there are any.
    var aucs: [Double?] { domains.isEmpty ? [auc] : Clip.Domain.allCases.compactMap { domains[$0]?.auc } }
  }

  /// Of a domain's normal clips. Precision, recall and F1 use its own clips.
  public struct Domain: Sendable, Equatable {
    public internal(set) var auc: Double?
    public internal(set) var pauc: Double?
    public internal(set) var precision: Double?
    public internal(set) var recall: Double?
    public internal(set) var f1: Double?
  }

  public struct Section: Sendable {
    public let machineType: String
    public let name: String
    /// In the order of their names.
    public let clips: [ScoredClip]
    public internal(set) var figures = Figures()
  }

  /// A recording with the mean of its scores.
  public struct ScoredClip: Sendable {
    public let name: String
    public let domain: Clip.Domain?
    /// Nil: unlabelled.
    public let isAnomalous: Bool?
    public let score: Double
    public let isFlagged: Bool
  }

  /// By machine type and name.
  public let sections: [Section]
  public var machineTypes: [String] { Set(sections.map(\.machineType)).sorted() }

  /// Nil: the recordings are not of a public dataset.
  public init?(_ evaluation: Evaluation) {
    guard !evaluation.isClassification, evaluation.recordings.contains(where: { $0.clip != nil }) else { return nil }
    var clips: [Key: [ScoredClip]] = [:]
    for file in evaluation.fileScores() {
      let recording = evaluation.recordings[file.recording]
      guard let clip = recording.clip else { continue }
      let name = recording.path.split(separator: "/").last.map(String.init) ?? recording.path
      let isAnomalous = recording.label == Label.unlabelled ? nil : recording.label == Label.anomalous
      clips[Key(machineType: clip.machineType, section: clip.section), default: []].append(
        ScoredClip(
          name: PathText.shown(name), domain: clip.domain, isAnomalous: isAnomalous, score: file.score,
          isFlagged: file.score > file.threshold))
    }
    sections = clips.sorted { $0.key < $1.key }.map { key, clips in
      var section = Section(
        machineType: key.machineType, name: key.section, clips: clips.sorted { $0.name < $1.name })
      section.figures = Figures(section.clips)
      return section
    }
  }

  private struct Key: Hashable, Comparable {
    var machineType: String
    var section: String
    static func < (one: Key, other: Key) -> Bool {
      (one.machineType, one.section) < (other.machineType, other.section)
    }
  }

  // MARK: Means

  public enum Mean: String, Sendable, CaseIterable {
    case arithmetic, harmonic

    /// Nil without values.
    func of(_ values: [Double?]) -> Double? {
      let values = values.compactMap { $0 }
      guard !values.isEmpty else { return nil }
      switch self {
      case .arithmetic: return values.reduce(0, +) / Double(values.count)
      // As in the challenge's evaluator: a zero counts as the least number above it.
      case .harmonic: return Double(values.count) / values.reduce(0) { $0 + 1 / max($1, Double.ulpOfOne) }
      }
    }
  }

  /// Over the sections of a machine type, or over all.
  public func mean(_ mean: Mean, machineType: String? = nil) -> Figures {
    let figures = sections.filter { machineType == nil || $0.machineType == machineType }.map(\.figures)
    var result = Figures()
    result.auc = mean.of(figures.flatMap(\.aucs))
    result.pauc = mean.of(figures.map(\.pauc))
    for domain in Clip.Domain.allCases {
      let parts = figures.compactMap { $0.domains[domain] }
      guard !parts.isEmpty else { continue }
      result.domains[domain] = Domain(
        auc: mean.of(parts.map(\.auc)), pauc: mean.of(parts.map(\.pauc)), precision: mean.of(parts.map(\.precision)),
        recall: mean.of(parts.map(\.recall)), f1: mean.of(parts.map(\.f1)))
    }
    return result
  }

  /// Nil where nothing is labelled, or one of its terms is undefined.
  public var officialScore: Double? {
    undefined.isEmpty ? Mean.harmonic.of(sections.flatMap { $0.figures.aucs + [$0.figures.pauc] }) : nil
  }

  /// The undefined terms of the official score, as "fan 00: AUC (target)". Sections without labels are not part of it.
  public var undefined: [String] {
    let labelled = sections.filter { $0.clips.contains { $0.isAnomalous != nil } }
    let withDomains = Set(labelled.filter { !$0.figures.domains.isEmpty }.map(\.machineType))
    return labelled.flatMap { section -> [String] in
      let figures = section.figures
      let areas: [(String, Double?)] =
        withDomains.contains(section.machineType)
        ? Clip.Domain.allCases.map { ("AUC (\($0.rawValue))", figures.domains[$0]?.auc) } : [("AUC", figures.auc)]
      return (areas + [("pAUC", figures.pauc)]).filter { $0.1 == nil }.map {
        "\(section.machineType) \(section.name): \($0.0)"
      }
    }
  }
}

extension ChallengeFigures.Figures {
  init(_ clips: [ChallengeFigures.ScoredClip]) {
    let labelled = clips.filter { $0.isAnomalous != nil }
    let ranking = Ranking(labelled.map { ($0.score, $0.isAnomalous!) })
    (auc, pauc) = (ranking.auc, ranking.partialAUC())
    for domain in Clip.Domain.allCases where labelled.contains(where: { $0.domain == domain }) {
      let counted = labelled.filter { $0.domain == domain || $0.isAnomalous! }
      let ranking = Ranking(counted.map { ($0.score, $0.isAnomalous!) })
      var decisions = Decisions()
      for clip in labelled where clip.domain == domain {
        decisions.add(isAnomalous: clip.isAnomalous!, isFlagged: clip.isFlagged)
      }
      domains[domain] = ChallengeFigures.Domain(
        auc: ranking.auc, pauc: ranking.partialAUC(), precision: decisions.precision, recall: decisions.recall,
        f1: decisions.f1)
    }
  }

  var json: [String: JSONValue] {
    var members: [String: JSONValue] = [:]
    func add(_ name: String, _ value: Double?) { if let value { members[name] = .number(value) } }
    add("auc", auc)
    add("pauc", pauc)
    for (domain, figures) in domains {
      add("auc_\(domain.rawValue)", figures.auc)
      add("pauc_\(domain.rawValue)", figures.pauc)
      add("precision_\(domain.rawValue)", figures.precision)
      add("recall_\(domain.rawValue)", figures.recall)
      add("f1_\(domain.rawValue)", figures.f1)
    }
    return members
  }
}

extension ChallengeFigures {
  /// `machines.fan.sections.00.auc_source`, means of each machine type and over all, `official_score`.
  public var json: JSONValue {
    var members = means(nil)
    members["machines"] = .object(
      Dictionary(
        uniqueKeysWithValues: machineTypes.map { type in
          var machine = means(type)
          machine["sections"] = .object(
            Dictionary(
              uniqueKeysWithValues: sections.filter { $0.machineType == type }.map { section in
                var figures = section.figures.json
                figures["clips"] = .integer(Int64(section.clips.count))
                return (section.name, .object(figures))
              }))
          return (type, .object(machine))
        }))
    if let officialScore { members["official_score"] = .number(officialScore) }
    return .object(members)
  }

  private func means(_ machineType: String?) -> [String: JSONValue] {
    Dictionary(
      uniqueKeysWithValues: Mean.allCases.map {
        ("\($0.rawValue)_mean", .object(mean($0, machineType: machineType).json))
      })
  }
}
