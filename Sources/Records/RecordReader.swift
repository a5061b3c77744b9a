import CNodeABI
import NodeKit

/// Turns the blocks of one input of a sink into records.
///
/// Thread: worker, active.
public struct RecordReader {
  private let host: Host
  /// Scores that were not finite and therefore gave no record.
  public private(set) var rejected = 0

  public init(host: Host) { self.host = host }

  /// The block's gap, then a record for each score or event, in the order of tokens and channels.
  public mutating func read(_ block: InputBlock) -> [Record] {
    var records: [Record] = []
    if block.hasGap { records.append(gap(block)) }
    guard block.count > 0 else { return records }
    let base = base(block)
    switch block.pointer.pointee.format.pointee.kind {
    case AUSCULT_SCORE:
      for token in 0..<block.count {
        for channel in 0..<block.channels {
          if let record = score(block, token, channel, base) { records.append(record) } else { rejected += 1 }
        }
      }
    case AUSCULT_EVENT:
      for token in 0..<block.count {
        if let record = event(block, token, base) { records.append(record) } else { rejected += 1 }
      }
    default: break
    }
    return records
  }

  /// A record of what the sink itself could not write.
  public func lost(_ loss: WaitingLines.Loss, rate: Int) -> Record {
    Record(
      .gap(Record.Gap(.sink, count: loss.count)), graph: host.graph, node: host.node, span: loss.span, rate: rate,
      time: host.wallTime(at: loss.span.end), file: host.file)
  }

  /// A jump of the wall clock, noticed at a position.
  public func clock(at position: Int64, rate: Int) -> Record {
    Record(
      .clock, graph: host.graph, node: host.node, span: Span(begin: position, end: position), rate: rate,
      time: host.wallTime(at: position))
  }

  /// A record of a notice. A notice without a node names the sink that records it.
  public func record(_ notice: Notices.Notice, rate: Int) -> Record {
    let content: Record.Content
    let span = span(notice)
    if let gap = gap(notice) {
      content = .gap(gap)
    } else {
      let details = notice.details.filter { span == nil || $0.name != "begin" && $0.name != "end" }
      content = .notice(
        Record.Notice(notice.kind, state: notice.state, details: details.map { .init($0.name, $0.text) }))
    }
    let own = span ?? Span(begin: notice.begin, end: notice.end)
    return Record(
      content, graph: host.graph, node: notice.node ?? host.node, channel: notice.channel, machine: notice.machine,
      span: own, rate: rate, time: host.wallTime(at: own.end), file: host.file)
  }

  /// The frames that a notice is about, if it says so: they may lie before its own positions.
  private func span(_ notice: Notices.Notice) -> Span? {
    let number = { (name: String) in notice.details.first { $0.name == name }.flatMap { Int64($0.text) } }
    guard let begin = number("begin"), let end = number("end") else { return nil }
    return Span(begin: begin, end: max(begin, end))
  }

  /// The gap that a notice reports: tokens that an output could not write, or that a failed node did not yield.
  private func gap(_ notice: Notices.Notice) -> Record.Gap? {
    guard notice.kind == "gap" else { return nil }
    if notice.state == "node" { return Record.Gap(.node, count: 0) }
    return notice.details.first { $0.name == "count" }.flatMap { Int($0.text) }.map { Record.Gap(.sink, count: $0) }
  }

  /// The name of an alarm's clip, without the extension. All records of one alarm have the same.
  public func clipStem(of record: Record) -> String {
    ClipName.stem(
      machine: record.machine ?? record.node, time: host.wallTime(at: record.span.begin), file: record.file,
      begin: record.span.begin)
  }

  /// The fields that all records of a block share.
  private func base(_ block: InputBlock) -> Record {
    let producer = block.pointer.pointee.producer.pointee
    return Record(
      .clock, graph: host.graph, node: String(cString: producer.node), span: Span(begin: 0, end: 0),
      rate: Int(block.pointer.pointee.format.pointee.driver_rate), time: 0, file: host.file,
      model: producer.model.map { String(cString: $0) }, library: producer.library.map { String(cString: $0) })
  }

  private func gap(_ block: InputBlock) -> Record {
    let gap = block.pointer.pointee.gap
    // A failed node yields no more tokens, so its gap has no end.
    let end = gap.end == Int64.max ? gap.begin : max(gap.begin, gap.end)
    let node = gap.node ?? block.pointer.pointee.producer.pointee.node!
    return Record(
      .gap(Record.Gap(Record.Gap.Cause(rawValue: gap.cause) ?? .drop, count: Int(gap.count))),
      graph: host.graph, node: String(cString: node), span: Span(begin: gap.begin, end: end),
      rate: Int(block.pointer.pointee.format.pointee.driver_rate), time: host.wallTime(at: end), file: host.file)
  }

  private func score(_ block: InputBlock, _ token: Int, _ channel: Int, _ base: Record) -> Record? {
    let value = block.score(token, channel).pointee
    guard value.score.isFinite else { return nil }
    let head = block.head(token).pointee
    let format = block.pointer.pointee.format.pointee
    var record = base
    record.content = .score(
      Record.Score(
        value.score, threshold: value.threshold,
        className: className(value, block.pointer.pointee.producer.pointee),
        probability: value.class_index >= 0 && value.probability.isFinite ? value.probability : nil,
        bands: bands(value, format)))
    record.channel = channel
    record.machine = machine(channel, format)
    record.span = Span(format, head)
    record.time = host.wallTime(at: record.span.end)
    record.generation = head.generation
    record.flags = flags(block, token, channel)
    return record
  }

  private func event(_ block: InputBlock, _ token: Int, _ base: Record) -> Record? {
    let event = block.event(token).pointee
    guard let content = content(event) else { return nil }
    var record = base
    record.content = content
    record.channel = Int(event.channel)
    record.machine = machine(Int(event.channel), block.pointer.pointee.format.pointee)
    record.span = Span(begin: max(event.begin, 0), end: max(event.end, event.begin, 0))
    record.time = host.wallTime(at: record.span.end)
    record.generation = block.head(token).pointee.generation
    record.id = EventID.text(kind(event), record, began: host.liveSince)
    return record
  }

  private func kind(_ event: auscult_event) -> EventID.Kind {
    switch event.state {
    case AUSCULT_EVENT_INHIBITED, AUSCULT_EVENT_RESUMED: .inhibition
    case AUSCULT_EVENT_DEAF, AUSCULT_EVENT_HEARING: .deafness
    default: .alarm
    }
  }

  private func content(_ event: auscult_event) -> Record.Content? {
    if let state = Record.Deaf.State(rawValue: event.state) {
      return Record.Deaf.Cause(rawValue: event.cause).map { .deaf(Record.Deaf(state, cause: $0)) }
    }
    guard event.score.isFinite, let state = Record.Alarm.State(rawValue: event.state) else { return nil }
    return .alarm(Record.Alarm(state, score: event.score, threshold: event.threshold))
  }

  private func flags(_ block: InputBlock, _ token: Int, _ channel: Int) -> Record.Flags {
    let marks = block.marks(token, channel)
    var flags: Record.Flags = []
    if !marks.isSounding { flags.insert(.silent) }
    if !marks.isSounding && marks.isWhollySilent { flags.insert(.whollySilent) }
    if marks.isClipped { flags.insert(.clipped) }
    if block.head(token).pointee.followsGap { flags.insert(.gap) }
    return flags
  }
}

private func machine(_ channel: Int, _ format: auscult_format) -> String? {
  guard let machines = format.machines, channel < Int(format.channels) else { return nil }
  return machines[channel].map { String(cString: $0) }
}

private func className(_ score: auscult_score, _ producer: auscult_producer) -> String? {
  guard let names = producer.class_names, score.class_index >= 0, score.class_index < producer.class_name_count else {
    return nil
  }
  return names[Int(score.class_index)].map { String(cString: $0) }
}

private func bands(_ score: auscult_score, _ format: auscult_format) -> [Record.Band] {
  withUnsafeBytes(of: score.bands) { bytes in
    bytes.bindMemory(to: UInt32.self).prefix(Int(score.band_count)).map { band in
      let hertz = band < format.frequency_count ? format.frequencies?[Int(band)] : nil
      return Record.Band(Int(band), hertz: hertz.flatMap { $0 >= 0 ? $0 : nil })
    }
  }
}
