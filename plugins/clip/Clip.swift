import CNodeABI
import Glibc
import NodeKit
import OutputFiles
import Records
import SoundFiles

/// Writes the sound of each alarm to a file of its own, from `before` the alarm's begin to `after` its end.
///
/// Sample k of a clip is the sample of the stream at the clip's begin plus k, whatever the period and the latencies are:
/// the sound waits in memory until the alarms up to there are known. Lost samples are zeros, and the clip's note
/// (`ClipNote`) has their ranges. A clip is written when it is complete, in pieces, and appears under its name as a whole.
/// While the folder can't be written, finished clips wait in bounded memory.
final class Clip: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.clip", version: "1.0.0", summary: "Writes the sound of each alarm to a file, with some seconds around it.",
      realtime: .offload, traits: .sink,
      inputs: [
        PortDeclaration("audio", .audio, "The sound", flags: .independent),
        PortDeclaration("event", .event, "Alarms", flags: .independent),
        PortDeclaration("score", .score, "Scores, for `moments`", flags: [.independent, .optional]),
      ],
      parameters: ClipSettings.parameters)
  }

  override class var canContinueOutput: Bool { true }

  /// The most bytes of clips in memory: the oldest open alarm's clip ends early, the oldest finished one is lost.
  private static let mostBytes = 128 << 20
  /// Seconds that events may come later than their latency says, because their workers are busy.
  private static let slack = 10.0
  /// Scores that wait for their sound, at the most: if the sound is lost, they go without.
  private static let mostWaiting = 4096
  /// Frames that one call writes under a deadline: some milliseconds.
  private static let piece = 1 << 15

  private let settings: ClipSettings
  private var waiting: [Record] = []
  private var moments: Moments?
  private var format: SoundFormat { settings.format }
  private let folder: ClipFolder
  private var reader: RecordReader
  private var outage: Outage
  private var rate = 0
  private var audio: StreamFormat?
  private var ports: (audio: Int, event: Int, score: Int?) = (0, 1, nil)
  /// The channels of the sound that belong to each channel of the alarms.
  private var channels: [Range<Int>] = []
  private var lookahead: Int64 = 0
  private var memory: SoundMemory?
  private var open: [OpenClip] = []
  private var finished: [OpenClip] = []
  private var writer: ClipWriter?
  private var hasWarned = false
  private var trimmed = 0

  required init(_ arguments: Arguments) throws {
    settings = try ClipSettings(arguments)
    folder = ClipFolder(settings.path, arguments.host, keep: settings.keep, limit: settings.limit)
    reader = RecordReader(host: arguments.host)
    outage = Outage(arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    ports.score = nil
    for (index, input) in setup.inputs.enumerated() {
      switch input.port {
      case 0: ports.audio = index
      case 1: ports.event = index
      default: ports.score = index
      }
    }
    if !settings.kinds.isEmpty, ports.score == nil {
      throw NodeError("`moments` needs the detector's scores: link them to the input `score`", parameter: "moments")
    }
    let (sound, events) = (setup.inputs[ports.audio].format, setup.inputs[ports.event].format)
    let (whole, rest) = (Int64(sound.driverRate) * sound.denominator).quotientAndRemainder(dividingBy: sound.period)
    guard rest == 0, whole >= 1, whole <= format.highestRate else {
      throw NodeError(
        "the sound has \(sound.rate) samples a second; \(format.rawValue) files hold whole numbers up to "
          + "\(format.highestRate): put a `resample` before it", parameter: "format")
    }
    rate = Int(whole)
    channels = try channels(of: sound.channels, events.channels)
    if let score = ports.score, setup.inputs[score].format.channels != events.channels {
      throw NodeError("the scores have other channels than the alarms: link the scores that the alarms come from")
    }
    audio = sound
    lookahead = events.lookahead
    answer.memory = mostSamples * sound.channels * MemoryLayout<Float>.stride
  }

  /// Samples that are kept at the most.
  private var mostSamples: Int {
    let late = Double(lookahead) / Double(max(1, audio?.driverRate ?? 1))
    return Int((keptSeconds + late + Clip.slack) * Double(rate))
  }

  /// Sound that alarms, or moments, may still need.
  private var keptSeconds: Double {
    max(settings.before + settings.delay, settings.kinds.isEmpty ? 0 : 2 * settings.moment)
  }

  private func channels(of sound: Int, _ alarms: Int) throws -> [Range<Int>] {
    let found: [Range<Int>]
    if sound == alarms {
      found = (0..<alarms).map { $0..<($0 + 1) }
    } else if alarms == 1 || sound == 1 {
      found = Array(repeating: 0..<sound, count: alarms)
    } else {
      throw NodeError(
        "the sound has \(sound) channels, the alarms have \(alarms): which belongs to which is not known; link sound of "
          + "as many channels")
    }
    guard found[0].count <= format.mostChannels else {
      let advice = format == .flac ? "use `format: wav`" : "link fewer channels"
      throw NodeError(
        "\(format.rawValue) files have at most \(format.mostChannels) channels; \(advice)", parameter: "format")
    }
    return found
  }

  override func activate() throws {
    guard let audio else { return }
    memory = SoundMemory(audio, most: mostSamples)
    (open, waiting) = ([], [])
    moments =
      settings.kinds.isEmpty
      ? nil
      : Moments(
        settings.kinds, length: samples(settings.moment), every: samples(settings.every), channels: channels.count)
    do {
      if try folder.open() { host.log(.warning, "made the folder \(folder.path)") }
      folder.trim()
    } catch {
      guard [ENOSPC, EDQUOT].contains(error.code) else { throw NodeError(error) }
      outage.fail(error)
    }
  }

  override func work(_ cycle: Cycle) throws {
    let (sound, events) = (cycle.input(ports.audio), cycle.input(ports.event))
    memory?.add(sound)
    for record in reader.read(events) { take(record) }
    if let score = ports.score { waiting += reader.read(cycle.input(score)) }
    lookAtScores(hasEnded: sound.isEnd)
    let isEnd = sound.isEnd && events.isEnd
    // Scores may come later than the alarms that they raise, and their moments need the sound, too.
    let known = [events] + (ports.score.map { [cycle.input($0)] } ?? [])
    collect(through: known.map { $0.isEnd ? Int64.max : $0.complete }.min() ?? .max, isEnd: isEnd)
    do throws(FileProblem) {
      try write(isPatient: cycle.hasNoDeadline)
    } catch {
      throw NodeError(error)
    }
  }

  override func deactivate() {
    lookAtScores(hasEnded: true)
    collect(through: .max, isEnd: true)
    finished += (moments?.takeAll() ?? []).map { clip($0) }
    do throws(FileProblem) {
      try write(isPatient: true)
    } catch {
      host.log(.error, "\(error.description). \(finished.count) clips are lost")
    }
    writer = nil
    finished = []
    memory = nil
  }

  // MARK: Alarms

  private func take(_ record: Record) {
    guard case .alarm(let alarm) = record.content else { return }
    switch alarm.state {
    case .raised: begin(record)
    case .cleared, .open:
      for index in open.indices where open[index].event.id == record.id {
        open[index].ended = record
        open[index].wanted = sample(record.span.end) + samples(settings.after)
      }
    case .repeated, .inhibited, .resumed: break
    }
  }

  private func begin(_ record: Record) {
    guard let channel = record.channel, channels.indices.contains(channel), let memory else { return }
    let wanted = max(0, sample(record.span.begin) - samples(settings.before))
    // The stream may begin later than position 0, and the memory may be too short.
    let begin = max(wanted, memory.begin)
    if begin > sample(record.span.begin), !hasWarned {
      hasWarned = true
      host.log(
        .warning,
        "an alarm was raised so late that its begin is no longer in memory: raise `delay` above the alarm's `on`")
    }
    open.append(
      OpenClip(
        record, stem: reader.clipStem(of: record), channels: channels[channel], begin: begin,
        limit: begin + max(1, samples(settings.longest)), time: host.wallTime(at: frame(begin))))
  }

  /// A score may come before its sound, because each input has a queue of its own: it waits, so that the moments do not
  /// depend on the load.
  private func lookAtScores(hasEnded: Bool) {
    guard let memory, !waiting.isEmpty else { return }
    let ready = waiting.firstIndex { sample($0.span.end) > memory.end } ?? waiting.count
    let count = hasEnded ? waiting.count : max(ready, waiting.count - Clip.mostWaiting)
    for record in waiting.prefix(count) { look(record) }
    waiting.removeFirst(count)
  }

  private func look(_ record: Record) {
    guard let memory, let channel = record.channel, channels.indices.contains(channel) else { return }
    let found = moments?.take(record, end: sample(record.span.end), memory, channels[channel]) ?? []
    finished += found.map { clip($0) }
  }

  private func clip(_ moment: Moments.Found) -> OpenClip {
    // Its name and time are those of its first sample.
    var record = moment.record
    record.span.begin = frame(moment.begin)
    return OpenClip(
      moment, stem: reader.clipStem(of: record), channels: channels[record.channel ?? 0],
      time: host.wallTime(at: record.span.begin))
  }

  /// Driver frame position of a sample, rounded down.
  private func frame(_ sample: Int64) -> Int64 {
    guard let audio else { return 0 }
    return floorDivide(sample * audio.period, audio.denominator)
  }

  /// The first sample that begins at or after a driver frame position.
  private func sample(_ position: Int64) -> Int64 {
    guard let audio else { return 0 }
    return ceilDivide(position * audio.denominator, audio.period)
  }

  private func samples(_ seconds: Double) -> Int64 { Int64((seconds * Double(rate)).rounded()) }

  // MARK: Sound

  /// Moves sound to the open clips, and clips that are complete on to be written.
  ///
  /// - Parameter position: no alarm that ends at or before this frame position will come any more.
  private func collect(through position: Int64, isEnd: Bool) {
    guard let memory else { return }
    let known = position < 1 << 46 ? max(0, position) : 1 << 46
    let safe = sample(known) + samples(settings.after)
    for index in open.indices {
      open[index].take(from: memory, safe: isEnd ? .max : safe)
      if isEnd { open[index].end(early: false) }
    }
    keepWithinMemory()
    finished += open.filter { $0.isComplete && !$0.samples.isEmpty }
    open.removeAll { $0.isComplete }
    memory.drop(before: min(memory.end, sample(known)) - samples(keptSeconds))
  }

  private func keepWithinMemory() {
    var total = open.reduce(0) { $0 + $1.bytes } + finished.reduce(0) { $0 + $1.bytes }
    while total > Clip.mostBytes {
      // The first one may be half written.
      if finished.count > 1 || finished.count == 1 && writer == nil {
        let lost = finished.remove(at: writer == nil ? 0 : 1)
        total -= lost.bytes
        outage.record(WaitingTokens.Loss(count: 1, span: lost.event.span))
        host.log(.error, "\(folder.path): the clip \(lost.stem) is lost: there is no room to write it")
      } else if let oldest = open.indices.first(where: { !open[$0].isComplete }) {
        open[oldest].end(early: true)
        return
      } else {
        return
      }
    }
  }

  // MARK: Writing

  /// - Parameter isPatient: there is no deadline: write all, and a failure is final.
  private func write(isPatient: Bool) throws(FileProblem) {
    trimNowAndThen()
    guard !finished.isEmpty, outage.isDue || isPatient else { return }
    do throws(FileProblem) {
      repeat {
        if writer == nil { writer = try ClipWriter(finished[0], folder: folder, format: format, rate: rate) }
        guard let writer else { return }
        guard try writer.write(most: isPatient ? .max : Clip.piece) else { return }
        tellClipped(writer.clipped)
        if let text = folder.tooLarge { host.log(.warning, text) }
        folder.tooLarge = nil
        self.writer = nil
        finished.removeFirst()
      } while isPatient && !finished.isEmpty
      outage.end(folder.path)
    } catch {
      // Begins again from the first sample.
      writer = nil
      if isPatient { throw error }
      outage.fail(error)
      if error.code == ENOENT { _ = try? folder.open() }
    }
  }

  private func tellClipped(_ count: Int) {
    guard count > 0 else { return }
    host.log(
      .warning, "\(finished[0].stem): \(count) samples exceed full scale and are clipped; `format: wav` holds them")
  }

  /// Looks for old clips once a minute.
  private func trimNowAndThen() {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    guard now.tv_sec >= trimmed + 60 else { return }
    trimmed = now.tv_sec
    folder.trim()
  }
}
