import JSONText
import Models

/// A detector's results on recordings, and their quality.
public struct Evaluation: Sendable {
  public var graph: String
  public var node: String
  public var className: String
  /// "sha256:..." of the model; nil: the detector has none.
  public var model: String?
  /// How the model was trained.
  public var curves: [LearningCurve] = []
  public var recordings: [Recording]
  public var tokens: [JudgedToken]
  /// Labels of a classifier; empty: an anomaly task.
  public var labels: [String]
  /// Results of the graph's alarms; nil: it has none.
  public var alarms: [AlarmSpan]?
  /// Machines whose recordings are too short for the alarm: stretches are counted instead; see `EvaluationRun`.
  public var mute: Set<String> = []
  /// Seconds of sound, and seconds of computing.
  public var seconds: Double
  public var elapsed: Double
  public var seed: UInt64
  /// Paths of recordings without scores.
  public var tooShort: [String] = []
  public var leftOut: [RecordingSet.LeftOut] = []
  /// Events without a token that lies in them by more than half: "file: begin to end s".
  public var eventsUnjudged: [String] = []

  public var isClassification: Bool { !labels.isEmpty && !Label.isAnomalyTask(labels) }
  public var realTimeFactor: Double { seconds / max(elapsed, 1e-9) }
  public var machines: [String] { Set(tokens.map(\.machine)).sorted() }

  // MARK: Anomalies

  /// Over tokens; of one machine, or of all.
  public func figures(machine: String? = nil) -> AnomalyFigures {
    let tokens = tokens.filter { machine == nil || $0.machine == machine }
    var figures = AnomalyFigures(
      tokens.compactMap { token in
        token.isAnomalous.map {
          AnomalyFigures.Item(
            recording: token.recording, score: token.score, isAnomalous: $0, isFlagged: token.isFlagged)
        }
      }, seed: seed)
    let (stretches, hours) = falseAlarms(tokens)
    let isMute = mute.isSuperset(of: machine.map { [$0] } ?? machines)
    let alarms = (isMute ? nil : alarms).map {
      AlarmFigures($0.filter { machine == nil || $0.machine == machine }, recordings)
    }
    if hours > 0 {
      let count = alarms?.wrong ?? stretches
      figures.falseAlarmsPerHour = Double(count) / hours
      figures.falseAlarmsInterval = FalseAlarmRate.poisson(count, hours: hours)
      figures.stretchesPerHour = Double(stretches) / hours
      figures.normalHours = hours
    }
    figures.alarms = alarms
    figures.alarmUnit = alarms == nil ? .stretch : .alarm
    figures.count(alarms?.events(Set(tokens.map(\.recording))) ?? events(tokens))
    figures.count(anomalies: alarms?.anomalies(tokens) ?? [])
    return figures
  }

  /// Over recordings, by the mean of their scores; of one machine, or of all. Leaves out recordings with events, which
  /// are neither normal nor anomalous.
  public func fileFigures(machine: String? = nil) -> AnomalyFigures {
    let files = fileScores().filter {
      let recording = recordings[$0.recording]
      return recording.events.isEmpty && recording.label != Label.unlabelled
        && (machine == nil || $0.machine == machine)
    }
    return AnomalyFigures(
      files.map {
        AnomalyFigures.Item(
          recording: $0.recording, score: $0.score, isAnomalous: recordings[$0.recording].label == Label.anomalous,
          isFlagged: $0.score > $0.threshold)
      }, seed: seed)
  }

  /// The mean score of every recording and machine.
  public func fileScores() -> [(recording: Int, machine: String, score: Double, threshold: Double)] {
    let groups = Dictionary(grouping: tokens) { [$0.machine, "\($0.recording)"] }
    return groups.values.map { tokens in
      (
        tokens[0].recording, tokens[0].machine, tokens.reduce(0) { $0 + $1.score } / Double(tokens.count),
        tokens[0].threshold
      )
    }.sorted { ($0.recording, $0.machine) < ($1.recording, $1.machine) }
  }

  /// Stretches of scores above the threshold on normal sound, and its hours.
  private func falseAlarms(_ tokens: [JudgedToken]) -> (alarms: Int, hours: Double) {
    var (alarms, hours) = (0, 0.0)
    for stream in normalStreams(tokens) {
      alarms += stream.stream.alarms(above: stream.threshold).count
      hours += stream.stream.seconds / 3600
    }
    return (alarms, hours)
  }

  private func normalStreams(_ tokens: [JudgedToken]) -> [(stream: ScoreStream, threshold: Double)] {
    let groups = Dictionary(grouping: tokens.filter { $0.isAnomalous == false && !$0.isSilent }) {
      [$0.machine, "\($0.recording)"]
    }
    return groups.sorted { $0.key.lexicographicallyPrecedes($1.key) }.flatMap { _, tokens in
      var stream = ScoreStream()
      for token in tokens { stream.append(begin: token.beginSecond, end: token.endSecond, score: token.score) }
      return stream.pieces.map { ($0, tokens[0].threshold) }
    }
  }

  /// For every anomalous event of the manifest the time until a score exceeds the threshold; nil: missed.
  private func events(_ tokens: [JudgedToken]) -> [Double?] {
    let flagged = Dictionary(grouping: tokens.filter(\.isFlagged)) { $0.recording }
    return Set(tokens.map(\.recording)).sorted().flatMap { index in
      recordings[index].events.filter { $0.label == Label.anomalous }.map { event in
        let hits = (flagged[index] ?? []).filter { $0.beginSecond < event.end && $0.endSecond > event.begin }
        return hits.map { $0.endSecond - event.begin }.min()
      }
    }
  }

  // MARK: Classes

  /// Over tokens, or over recordings by majority vote.
  public func confusion(ofFiles: Bool = false, machine: String? = nil) -> Confusion {
    let places = Dictionary(uniqueKeysWithValues: labels.enumerated().map { ($1, $0) })
    var confusion = Confusion(labels: labels)
    let wanted = tokens.filter { machine == nil || $0.machine == machine }
    if !ofFiles {
      for token in wanted {
        guard let truth = token.label.flatMap({ places[$0] }), let found = token.found.flatMap({ places[$0] }) else {
          continue
        }
        confusion.add(truth: truth, found: found)
      }
      return confusion
    }
    for (index, tokens) in Dictionary(grouping: wanted, by: \.recording).sorted(by: { $0.key < $1.key }) {
      guard let truth = places[recordings[index].label], recordings[index].events.isEmpty else { continue }
      var votes = [Int](repeating: 0, count: labels.count)
      for token in tokens { if let found = token.found.flatMap({ places[$0] }) { votes[found] += 1 } }
      guard let most = votes.max(), most > 0 else { continue }
      confusion.add(truth: truth, found: votes.firstIndex(of: most)!)
    }
    return confusion
  }
}
