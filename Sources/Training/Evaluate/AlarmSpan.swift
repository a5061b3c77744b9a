import CNodeABI

/// An alarm that a graph has raised on a recording.
public struct AlarmSpan: Sendable {
  /// Index into the evaluation's recordings.
  public var recording: Int
  public var machine: String
  /// Seconds: the begin of the first score that contributed to it, ...
  public var begin: Double
  /// ... when it was raised, ...
  public var raised: Double
  /// ... and cleared; infinite: it was not cleared.
  public var end: Double

  /// From the events of one channel, of all alarms after a detector.
  static func spans(_ events: [TapToken], recording: Int, machine: String) -> [AlarmSpan] {
    var spans: [AlarmSpan] = []
    for event in events {
      switch event.event {
      case AUSCULT_EVENT_RAISED:
        spans.append(
          AlarmSpan(
            recording: recording, machine: machine, begin: event.beginSecond, raised: event.endSecond, end: .infinity))
      case AUSCULT_EVENT_CLEARED:
        // All events of one alarm have the same begin.
        let index = spans.lastIndex { $0.begin == event.beginSecond && $0.end == .infinity }
        if let index { spans[index].end = event.endSecond }
      default: break
      }
    }
    return spans
  }
}

/// Alarms split into true and false: anomalous sound raised a true one.
struct AlarmFigures: Sendable {
  private let recordings: [Recording]
  private var rightSpans: [AlarmSpan] = []
  private(set) var wrong = 0
  var right: Int { rightSpans.count }

  init(_ alarms: [AlarmSpan], _ recordings: [Recording]) {
    self.recordings = recordings
    for alarm in alarms {
      switch Self.isRight(alarm, recordings[alarm.recording]) {
      case true?: rightSpans.append(alarm)
      case false?: wrong += 1
      case nil: break
      }
    }
  }

  /// Whether the scores that led to it touch anomalous sound; nil: unknown.
  private static func isRight(_ alarm: AlarmSpan, _ recording: Recording) -> Bool? {
    let touched = recording.events.filter { $0.begin < alarm.raised && $0.end > alarm.begin }
    if touched.contains(where: { $0.label == Label.anomalous }) { return true }
    guard Label.isAnomalyTask([recording.label]) else { return nil }
    return recording.label == Label.anomalous && touched.isEmpty
  }

  /// For every anomalous event of these recordings the seconds until the alarm was raised, 0 where an earlier anomaly
  /// had raised it and it still was; nil: missed.
  func events(_ indices: Set<Int>) -> [Double?] {
    indices.sorted().flatMap { index in
      recordings[index].events.filter { $0.label == Label.anomalous }.map { event in
        rightSpans.filter { $0.recording == index && $0.begin < event.end && $0.end > event.begin }
          .map { max(0, $0.raised - event.begin) }.min()
      }
    }
  }

  /// For every recording that is anomalous as a whole, and machine, the seconds until the alarm was raised; nil: it was
  /// not raised.
  func anomalies(_ tokens: [JudgedToken]) -> [Double?] {
    let heard = Set(tokens.map { [$0.machine, "\($0.recording)"] })
    return heard.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key -> Double?? in
      let index = Int(key[1])!
      guard recordings[index].label == Label.anomalous, recordings[index].events.isEmpty else { return nil }
      return .some(rightSpans.filter { $0.recording == index && $0.machine == key[0] }.map(\.raised).min())
    }
  }
}
