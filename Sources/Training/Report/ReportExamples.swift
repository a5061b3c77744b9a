/// Recordings that a report shows side by side: for a machine the best normal one, with the least mean score, and the
/// worst anomalous one, with the greatest; for a classifier the recordings with the best and the worst result.
struct ReportExamples {
  struct Recording {
    /// Index into the evaluation's recordings.
    var index: Int
    var title: String
    /// Name of its file.
    var name: String
  }
  struct Pair {
    var machine: String
    var recordings: [Recording]
  }

  /// By machine, in the report's order.
  let pairs: [Pair]
  /// The pair whose sound is shown.
  let first: Pair?

  init(_ evaluation: Evaluation, _ machines: ReportMachines) {
    if evaluation.isClassification {
      let pair = Self.named(evaluation)
      (pairs, first) = ([pair].compactMap { $0 }, pair)
      return
    }
    let files = Dictionary(grouping: evaluation.fileScores(), by: \.machine)
    pairs = machines.shown.compactMap { machine in
      let scores = (files[machine.name] ?? []).map { (recording: $0.recording, score: $0.score) }
      return Self.judged(evaluation, machine.name, scores, isNamed: machines.count > 1)
    }
    let hardest = machines.hardest?.name
    first = pairs.first { $0.machine == hardest } ?? pairs.first
  }

  private static func judged(
    _ evaluation: Evaluation, _ machine: String, _ scores: [(recording: Int, score: Double)], isNamed: Bool
  ) -> Pair? {
    let kind = { (index: Int) -> String in
      let recording = evaluation.recordings[index]
      return recording.events.contains { $0.label == Label.anomalous } ? Label.anomalous : recording.label
    }
    let best = scores.filter { kind($0.recording) == Label.normal }.min {
      ($0.score, $0.recording) < ($1.score, $1.recording)
    }
    let worst = scores.filter { kind($0.recording) == Label.anomalous }.max {
      ($0.score, $1.recording) < ($1.score, $0.recording)
    }
    let shown = [("best normal", best), ("worst anomalous", worst)].compactMap { what, file in file.map { (what, $0) } }
    let others = scores.max { $0.score < $1.score }.map { [("highest score", $0)] } ?? []
    let recordings = (shown.isEmpty ? others : shown).map { what, file in
      let name = evaluation.recordings[file.recording].path.split(separator: "/").last.map(String.init) ?? ""
      return Recording(
        index: file.recording,
        title: (isNamed ? "\(machine), " : "") + "\(what), mean score \(FigureText.significant(file.score))", name: name
      )
    }
    return recordings.isEmpty ? nil : Pair(machine: machine, recordings: recordings)
  }

  private static func named(_ evaluation: Evaluation) -> Pair? {
    let shares = Dictionary(grouping: evaluation.tokens, by: \.recording).mapValues { tokens in
      Double(tokens.count { $0.found == $0.label }) / Double(tokens.count)
    }.sorted { ($0.value, $0.key) < ($1.value, $1.key) }
    guard let worst = shares.first, let best = shares.last else { return nil }
    let recordings =
      (best.key == worst.key ? [("named worst", worst)] : [("named best", best), ("named worst", worst)]).map {
        what, file in
        let recording = evaluation.recordings[file.key]
        let name = recording.path.split(separator: "/").last.map(String.init) ?? ""
        return Recording(
          index: file.key,
          title: "\(what): \(recording.label), \(FigureText.fixed(100 * file.value, 0)) % of tokens right",
          name: name)
      }
    return Pair(machine: "", recordings: recordings)
  }
}
