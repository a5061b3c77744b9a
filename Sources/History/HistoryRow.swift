import JSONText
import Records

/// A record as the database keeps it.
public struct HistoryRow: Sendable, Equatable {
  /// `score`, `alarm`, `deaf`, `gap`, `clock`, `connection`, `swap`, ... of the record.
  public var kind: String
  public var graph = ""
  public var node = ""
  public var channel: Int?
  public var machine: String?
  public var state: String?
  /// Nanoseconds since the Unix epoch (UTC) at the span's end; nil: not known.
  public var time: Int64?
  public var span = Span(begin: 0, end: 0)
  public var rate = 0
  public var score: Double?
  public var threshold: Double?
  /// The score is that of the machine's sound: not silent, not clipped, not after a gap.
  public var isPlain = true
  public var isAnomalous = false
  public var flags: String = ""
  public var generation: Int64?
  public var cause: String?
  /// Lost tokens of a gap.
  public var count: Int64?
  public var file: String?
  public var model: String?
  public var id: String?
  public var className: String?
  /// A clip's file.
  public var clip: String?
  /// Further fields of the record as JSON.
  public var detail: String?

  public init(kind: String) { self.kind = kind }

  /// Frame positions that a row may have. More than 2^53 frames, a thousand years, is no position, and others, from a file
  /// of another origin, could not be subtracted.
  static let positions: ClosedRange<Int64> = -(1 << 53)...(1 << 53)

  /// Whether it is one of the many rows that go first when there is too little room.
  public var isScore: Bool { kind == "score" }
}

extension HistoryRow {
  /// - Parameter record: a record of a sink.
  public init(_ record: Record) {
    self.init(kind: "score")
    graph = record.graph
    node = record.node
    channel = record.channel
    machine = record.machine
    time = record.time
    span = record.span
    rate = record.rate
    generation = record.generation.map { Int64($0) }
    file = record.file
    model = record.model
    id = record.id
    switch record.content {
    case .score(let score): take(score, record.flags)
    case .alarm(let alarm):
      kind = "alarm"
      (state, score, threshold) = (alarm.state.name.description, alarm.score, finite(alarm.threshold))
    case .deaf(let deaf):
      kind = "deaf"
      (state, cause) = (deaf.state.name.description, deaf.cause.name.description)
    case .gap(let gap):
      kind = "gap"
      cause = gap.cause.name.description
      count = gap.cause == .drop || gap.cause == .sink ? Int64(gap.count) : nil
    case .clock: kind = "clock"
    case .notice(let notice):
      kind = notice.kind
      state = notice.state
      take(notice.details.map { ($0.name, JSONValue.text($0.text)) })
    }
  }

  private mutating func take(_ score: Record.Score, _ marks: Record.Flags) {
    self.score = score.score
    threshold = finite(score.threshold)
    isAnomalous = score.isAnomalous && !marks.contains(.whollySilent)
    flags = marks.names.map(\.description).joined(separator: " ")
    isPlain = marks.isEmpty
    className = score.className
  }

  private mutating func take(_ details: [(String, JSONValue)]) {
    guard !details.isEmpty else { return }
    let object = JSONValue.object(Dictionary(details) { $1 })
    detail = String(decoding: object.json, as: UTF8.self)
    cause = object["cause"]?.text ?? cause
    guard kind == "clip" else { return }
    clip = object["path"]?.text
    id = object["id"]?.text ?? object["event"]?.text ?? id
  }

  private func finite(_ number: Double) -> Double? { number.isFinite ? number : nil }
}

extension HistoryRow {
  /// Sets the span and the rate (frames per second) as a file or a database states them.
  mutating func setSpan(begin: Int64?, end: Int64?, rate: Int64?) {
    let (begin, end) = (Self.bounded(begin ?? 0), Self.bounded(end ?? 0))
    span = Span(begin: begin, end: max(begin, end))
    self.rate = rate.flatMap { Int32(exactly: $0) }.map { max(0, Int($0)) } ?? 0
  }

  private static func bounded(_ position: Int64) -> Int64 {
    min(max(position, positions.lowerBound), positions.upperBound)
  }
}

extension HistoryRow {
  /// Fields of a record that have columns of their own.
  private static let fields: Set<String> = [
    "kind", "graph", "node", "channel", "machine", "state", "time", "begin", "end", "rate", "score", "threshold",
    "anomalous", "flags", "generation", "cause", "count", "file", "model", "id", "class", "library",
  ]

  /// Reads a record of a `sink.jsonl` file; nil: it is none.
  public init?(_ record: JSONValue) {
    guard let kind = record["kind"]?.text, !kind.isEmpty, let begin = record["begin"]?.integer,
      let end = record["end"]?.integer, Self.positions.contains(begin), Self.positions.contains(end)
    else { return nil }
    self.init(kind: kind)
    graph = record["graph"]?.text ?? ""
    node = record["node"]?.text ?? ""
    channel = record["channel"]?.integer.flatMap { Int(exactly: $0) }
    machine = record["machine"]?.text
    state = record["state"]?.text
    time = record["time"]?.text.flatMap { wallTime($0.utf8) }
    setSpan(begin: begin, end: end, rate: record["rate"]?.integer)
    score = record["score"]?.number
    threshold = record["threshold"]?.number
    isAnomalous = record["anomalous"]?.boolean ?? false
    let marks = record["flags"]?.array?.compactMap(\.text) ?? []
    flags = marks.joined(separator: " ")
    isPlain = marks.isEmpty
    generation = record["generation"]?.integer
    count = record["count"]?.integer
    file = record["file"]?.text
    model = record["model"]?.text
    id = record["id"]?.text
    className = record["class"]?.text
    if isScore {
      guard score != nil else { return nil }
    } else {
      take((record.object ?? [:]).filter { !Self.fields.contains($0.key) }.map { ($0.key, $0.value) })
    }
    cause = record["cause"]?.text ?? cause
  }
}
