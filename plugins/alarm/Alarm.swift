import CNodeABI
import CRealtime
import NodeKit

/// Turns scores into events: one alarm for each channel. `AlarmState` says when an alarm is raised, cleared and so on.
///
/// Spans of events are driver frame positions: begin is rounded down, and is never before 0 or the last gap; end is
/// rounded up.
/// An event ends where the score that decides it ends, and has that score's head.
final class Alarm: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "alarm", version: "1.0.0",
      summary: "Raises and clears an alarm for each channel, with delays; reports when nothing is heard.",
      realtime: .hard, traits: .watchful,
      inputs: [PortDeclaration("in", .score, "Scores of a detector")],
      outputs: [PortDeclaration("out", .event, "What happened to the alarms")],
      parameters: [
        .number(
          "on", "Time for which every score must exceed the threshold before the alarm is raised", unit: .second,
          default: "3 s", range: 0...longest),
        .number(
          "off", "Time for which every score must be below threshold - deadband before the alarm is cleared",
          unit: .second,
          default: "10 s", range: 0...longest),
        .number(
          "deadband", "Distance below the threshold that counts for `off`, in units of the score",
          default: "0", range: 0...1e300),
        .number("hold", "The least time that an alarm stays raised", unit: .second, default: "0 s", range: 0...longest),
        .number(
          "realarm", "Time after which a raised alarm is announced again", unit: .second, default: "off",
          range: 1e-3...longest, words: ["off"]),
        .choice(
          "inhibit",
          "Scores with these flags freeze the timers",
          of: ["silent", "clipped", "gap"],
          default: "[silent, clipped, gap]", flags: .list),
        .number(
          "deaf",
          "Time without sound (no connection, digital silence, a stuck value, no score) before it is reported",
          unit: .second, default: "10 s", range: 0.1...longest, words: ["off"]),
      ])
  }

  /// About 11 days: ticks of any stream stay far within 64 bits.
  private static let longest = 1e6

  private let seconds: (on: Double, off: Double, hold: Double, realarm: Double?, deaf: Double?)
  private let deadband: Double
  private let inhibitsSilent: Bool
  private let inhibitsClipped: Bool
  private let inhibitsGap: Bool

  private var channels = 0
  private var format = (denominator: Int64(1), period: Int64(1), extent: Int64(1))
  private var rules = AlarmRules()
  /// Ticks until deafness is reported; nil: never.
  private var patience: Int64?
  private let memory = NodeMemory()
  private var states: UnsafeMutablePointer<AlarmState>?
  private var hearing: UnsafeMutablePointer<Hearing>?
  private var last: UnsafeMutablePointer<auscult_score>?
  private var lastHead = auscult_head()
  private var lastEnd: Int64 = 0
  /// `reset` was called: the next score follows a gap, even if its head does not say so.
  private var isAfterReset = false

  required init(_ arguments: Arguments) throws {
    seconds = (
      arguments.number("on"), arguments.number("off"), arguments.number("hold"), arguments["realarm"]?.number,
      arguments["deaf"]?.number
    )
    deadband = arguments.number("deadband")
    let flags = arguments.list("inhibit").compactMap(\.text)
    inhibitsSilent = flags.contains("silent")
    inhibitsClipped = flags.contains("clipped")
    inhibitsGap = flags.contains("gap")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    channels = input.channels
    format = (input.denominator, input.period, input.extent)
    let ticks = { (seconds: Double) in Int64((seconds * Double(input.driverRate) * Double(input.denominator)).rounded())
    }
    rules = AlarmRules(
      on: ticks(seconds.on), off: ticks(seconds.off), hold: ticks(seconds.hold),
      realarm: seconds.realarm.map { max(1, ticks($0)) }, deadband: deadband)
    // Scores are at least one period apart, and the first one needs its extent.
    patience = seconds.deaf.map { max(ticks($0), input.extent + 2 * input.period) }
    answer.output.format.kind = .event
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.frequencies = []
    answer.output.format.stampedByNode = true
    answer.output.burst = mostEvents(setup)
    // At the end of a file the node ends a raised alarm with the latest score. Until the next score arrives, such an
    // event may still follow, with that end.
    answer.output.format.lookahead = input.lookahead + Int64(input.frames(ticks: input.period))
    answer.history = input.frames(ticks: rules.on)
    answer.reach = nil
    answer.memory =
      channels
      * (MemoryLayout<AlarmState>.stride + MemoryLayout<auscult_score>.stride + MemoryLayout<Hearing>.stride)
  }

  /// One score can resume an alarm, change it, begin deafness and end it: four events for each channel. The end of a
  /// stream adds two. Nodes before this one may hold scores back and deliver them in one call: room for 64.
  private func mostEvents(_ setup: Setup) -> Int {
    let ticks = Int64(setup.quantum) * format.denominator
    let scores = Int((ticks + format.period - 1) / format.period) + 64
    return 4 * channels * scores + 2 * channels
  }

  override func activate() throws {
    memory.free()
    states = memory.array(repeating: AlarmState(), count: channels)
    last = memory.array(repeating: auscult_score(), count: channels)
    hearing = memory.array(repeating: Hearing(), count: channels)
    lastHead = auscult_head()
    lastEnd = 0
    isAfterReset = false
  }

  override func deactivate() {
    states = nil
    last = nil
    hearing = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { isAfterReset = true }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let input = cycle.input
    if input.isLearning { learn(input, cycle) }
    for token in 0..<input.count { take(input, token, cycle) }
    wait(through: input.complete, cycle)
    if input.isEnd { reportOpen(cycle) }
  }

  @_noLocks @_noAllocation
  private func take(_ input: InputBlock, _ token: Int, _ cycle: Cycle) {
    let head = input.head(token).pointee
    let (first, end) = (input.time.beginTicks(input.head(token)), input.time.endTicks(input.head(token)))
    let begin = max(first, head.segment * format.denominator)
    let followsGap = isAfterReset || head.followsGap
    isAfterReset = false
    lastHead = head
    lastEnd = end
    for channel in 0..<channels {
      let score = input.score(token, channel).pointee
      listen(channel, from: begin, to: lastEnd, marks: input.marks(token, channel), cycle)
      last.unsafelyUnwrapped[channel] = score
      let decision = states.unsafelyUnwrapped[channel].take(
        AlarmScore(
          begin: begin, end: lastEnd, score: score.score, threshold: score.threshold, followsGap: followsGap,
          isInhibited: isInhibited(input.marks(token, channel), followsGap)), rules)
      if decision.isInhibited { report(AUSCULT_EVENT_INHIBITED, channel, from: decision.inhibitBegin, cycle) }
      if decision.isResumed { report(AUSCULT_EVENT_RESUMED, channel, from: decision.inhibitBegin, cycle) }
      if decision.change != 0 { report(decision.change, channel, from: decision.changeBegin, cycle) }
    }
  }

  @_noLocks @_noAllocation
  private func isInhibited(_ marks: Marks, _ followsGap: Bool) -> Bool {
    if inhibitsSilent && (!marks.isSounding || Hearing.cause(marks) != 0) { return true }
    if inhibitsClipped && marks.isClipped { return true }
    return inhibitsGap && followsGap
  }

  @_noLocks @_noAllocation
  private func reportOpen(_ cycle: Cycle) {
    for channel in 0..<channels where states.unsafelyUnwrapped[channel].isRaised {
      report(AUSCULT_EVENT_OPEN, channel, from: states.unsafelyUnwrapped[channel].alarmBegin, cycle)
    }
  }

  /// Yields an event that ends with the latest score.
  @_noLocks @_noAllocation
  private func report(_ state: UInt32, _ channel: Int, from begin: Int64, _ cycle: Cycle) {
    report(state, channel, from: begin, to: lastEnd, cause: 0, cycle)
  }

  @_noLocks @_noAllocation
  private func report(
    _ state: UInt32, _ channel: Int, from begin: Int64, to end: Int64, cause: UInt32, _ cycle: Cycle
  ) {
    let output = cycle.output
    guard output.count < output.capacity else {
      return cycle.fail("more scores arrived at once than their format allows")
    }
    let score = last.unsafelyUnwrapped[channel]
    let time = cycle.input.time
    output.event(output.count).pointee = auscult_event(
      channel: UInt32(truncatingIfNeeded: channel), state: state, begin: max(0, time.frame(beginTicks: begin)),
      end: time.frame(endTicks: end), score: score.score, threshold: score.threshold, cause: cause,
      reserved: 0)
    output.head(output.count).pointee = lastHead
    output.count += 1
  }

  // MARK: Deafness

  /// A score, or learning data of a detector, is heard or not.
  @_noLocks @_noAllocation
  private func listen(_ channel: Int, from begin: Int64, to end: Int64, marks: Marks, _ cycle: Cycle) {
    guard let patience else { return }
    let change = hearing.unsafelyUnwrapped[channel].take(
      from: max(0, begin), to: end, cause: Hearing.cause(marks), patience)
    report(change, channel, cycle)
  }

  /// No score that ends at or before this frame position will arrive.
  @_noLocks @_noAllocation
  private func wait(through position: Int64, _ cycle: Cycle) {
    guard let patience, position > 0, position < Int64.max / format.denominator else { return }
    for channel in 0..<channels {
      report(hearing.unsafelyUnwrapped[channel].wait(through: position * format.denominator, patience), channel, cycle)
    }
  }

  /// A detector that is still learning gives no scores, but its machine is heard.
  @_noLocks @_noAllocation
  private func learn(_ input: InputBlock, _ cycle: Cycle) {
    let position = input.pointer.pointee.learned
    guard position > 0, position < Int64.max / format.denominator else { return }
    let end = position * format.denominator
    for channel in 0..<channels {
      let marks = Marks(
        rawValue: input.pointer.pointee.learned_marks.map { $0[channel] } ?? UInt8(AUSCULT_MARK_SOUNDING))
      listen(channel, from: end - format.extent, to: end, marks: marks, cycle)
    }
  }

  @_noLocks @_noAllocation
  private func report(_ change: HearingChange, _ channel: Int, _ cycle: Cycle) {
    if change.isDeaf {
      report(AUSCULT_EVENT_DEAF, channel, from: change.begin, to: change.told, cause: change.cause, cycle)
    }
    if change.isHearing {
      report(AUSCULT_EVENT_HEARING, channel, from: change.begin, to: change.heard, cause: change.cause, cycle)
    }
  }
}
