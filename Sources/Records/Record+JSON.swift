extension Record {
  /// The record as one line of JSON. The order of its fields is fixed.
  public var json: [UInt8] {
    var line = JSONLine()
    switch content {
    case .score(let score): put(score, into: &line)
    case .alarm(let alarm): put(alarm, into: &line)
    case .deaf(let deaf): put(deaf, into: &line)
    case .gap(let gap): put(gap, into: &line)
    case .clock: putClock(into: &line)
    case .notice(let notice): put(notice, into: &line)
    }
    return line.finished()
  }

  private func put(_ score: Score, into line: inout JSONLine) {
    putOrigin("score", into: &line)
    putSpan(into: &line)
    putTime(into: &line)
    line.field("score", score.score)
    line.field("threshold", score.threshold)
    // Silence is not the machine's sound, whatever its score.
    line.field("anomalous", score.isAnomalous && !flags.contains(.whollySilent))
    if let generation { line.field("generation", generation) }
    line.field("flags", flags.names)
    if let model { line.field("model", model) }
    putProvenance(into: &line)
    if let name = score.className { line.field("class", name) }
    if let probability = score.probability { line.field("probability", probability) }
    if !score.bands.isEmpty {
      line.field("bands", score.bands) { object, band in
        object.field("band", band.band)
        if let hertz = band.hertz { object.field("hz", hertz) }
      }
    }
  }

  private func put(_ alarm: Alarm, into line: inout JSONLine) {
    putOrigin("alarm", into: &line)
    if let id { line.field("id", id) }
    line.field("state", alarm.state.name)
    putSpan(into: &line)
    putTime(into: &line)
    line.field("score", alarm.score)
    line.field("threshold", alarm.threshold)
    if let model { line.field("model", model) }
    if let generation { line.field("generation", generation) }
    putProvenance(into: &line)
  }

  private func put(_ deaf: Deaf, into line: inout JSONLine) {
    putOrigin("deaf", into: &line)
    if let id { line.field("id", id) }
    line.field("state", deaf.state.name)
    putSpan(into: &line)
    putTime(into: &line)
    line.field("cause", deaf.cause.name)
    if let generation { line.field("generation", generation) }
    if let file { line.field("file", file) }
  }

  private func put(_ gap: Gap, into line: inout JSONLine) {
    putOrigin("gap", into: &line)
    putSpan(into: &line)
    line.field("cause", gap.cause.name)
    if gap.cause == .drop || gap.cause == .sink { line.field("count", gap.count) }
    if let file { line.field("file", file) }
  }

  private func putClock(into line: inout JSONLine) {
    putOrigin("clock", into: &line)
    putSpan(into: &line)
    putTime(into: &line)
  }

  private func put(_ notice: Notice, into line: inout JSONLine) {
    line.field("kind", notice.kind)
    putSource(into: &line)
    line.field("state", notice.state)
    for detail in notice.details { line.field(named: detail.name, detail.text) }
    putSpan(into: &line)
    putTime(into: &line)
    if let file { line.field("file", file) }
  }

  private func putOrigin(_ kind: StaticString, into line: inout JSONLine) {
    line.field("kind", kind)
    putSource(into: &line)
  }

  private func putSource(into line: inout JSONLine) {
    line.field("graph", graph)
    line.field("node", node)
    if let channel { line.field("channel", channel) }
    if let machine { line.field("machine", machine) }
  }

  private func putSpan(into line: inout JSONLine) {
    line.field("begin", span.begin)
    line.field("end", span.end)
    line.field("rate", rate)
  }

  private func putTime(into line: inout JSONLine) {
    if let time { line.field("time", wallTimeText(time)) }
  }

  private func putProvenance(into line: inout JSONLine) {
    if let file { line.field("file", file) }
    if let library { line.field("library", library) }
  }
}
