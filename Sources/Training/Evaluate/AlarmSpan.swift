import CNodeABI

/// An alarm that a graph raised on a recording.
public struct AlarmSpan: Sendable {
  /// Index into the evaluation's recordings.
  public var recording: Int
  public var machine: String
  /// Seconds: the begin of the first score that led to it, ...
  public var begin: Double
  /// ... when it was raised, ...
  public var raised: Double
  /// ... and cleared; infinite: it was not.
  public var end: Double

  /// Of one channel's events, of all alarms behind a detector.
  static func spans(_ events: [TapToken], recording: Int, machine: String) -> [AlarmSpan] {
    var spans: [AlarmSpan] = []
    for event in events {
      switch event.event {
      case AUSCULT_EVENT_RAISED:
        spans.append(
          AlarmSpan(
            recording: recording, machine: machine, begin: event.beginSecond, raised: event.endSecond, end: .infinity))
      case AUSCULT_EVENT_CLEARED:
        // An alarm's events begin alike.
        let index = spans.lastIndex { $0.begin == event.beginSecond && $0.end == .infinity }
        if let index { spans[index].end = event.endSecond }
      default: break
      }
    }
    return spans
  }
}

/// Alarms split into true and false: a true one was raised by something anomalous.
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

  /// What led to it touches something anomalous; nil: nobody knows.
  private static func isRight(_ alarm: AlarmSpan, _ recording: Recording) -> Bool? {
    let touched = recording.events.filter { $0.begin < alarm.raised && $0.end > alarm.begin }
    if touched.contains(where: { $0.label == Label.anomalous }) { return true }
    guard Label.isAnomalyTask([recording.label]) else { return nil }
    return recording.label == Label.anomalous && touched.isEmpty
  }

  /// Of every anomalous event of these recordings how long it took until the alarm was raised, 0 where it still was by
  /// something anomalous before; nil: it was missed.
  func events(_ indices: Set<Int>) -> [Double?] {
    indices.sorted().flatMap { index in
      recordings[index].events.filter { $0.label == Label.anomalous }.map { event in
        rightSpans.filter { $0.recording == index && $0.begin < event.end && $0.end > event.begin }
          .map { max(0, $0.raised - event.begin) }.min()
      }
    }
  }

  /// Of every recording that is anomalous as a whole, and machine, the seconds until the alarm was raised; nil: it was not.
  func anomalies(_ tokens: [JudgedToken]) -> [Double?] {
    let heard = Set(tokens.map { [$0.machine, "\($0.recording)"] })
    return heard.sorted { $0.lexicographicallyPrecedes($1) }.compactMap { key -> Double?? in
      let index = Int(key[1])!
      guard recordings[index].label == Label.anomalous, recordings[index].events.isEmpty else { return nil }
      return .some(rightSpans.filter { $0.recording == index && $0.machine == key[0] }.map(\.raised).min())
    }
  }
}
