import CNodeABI

/// The times of an alarm, in ticks of the score stream, and its deadband.
struct AlarmRules {
  var on: Int64 = 0
  var off: Int64 = 0
  var hold: Int64 = 0
  /// Nil: a raised alarm is announced once.
  var realarm: Int64?
  /// In units of the score.
  var deadband = 0.0
}

/// One score, as an alarm sees it. Times are in ticks.
struct AlarmScore {
  var begin: Int64
  var end: Int64
  var score: Double
  var threshold: Double
  /// Something was lost between this score and the one before.
  var followsGap: Bool
  /// It has a mark that `inhibit` names.
  var isInhibited: Bool

  var exceeds: Bool { @_noLocks @_noAllocation get { score > threshold } }
}

/// The result of one score, in the order of the members.
struct AlarmDecision {
  var isInhibited = false
  var isResumed = false
  /// AUSCULT_EVENT_RAISED, _CLEARED or _REPEATED; 0: no change.
  var change: UInt32 = 0
  /// Ticks at which the spans of the events begin.
  var inhibitBegin: Int64 = 0
  var changeBegin: Int64 = 0
}

/// The state of one channel's alarm.
///
/// **Counted time.** Timers run in stream time without inhibited scores and gaps: these stretches are cut out, and
/// later times move up. With E the end of a score and E' the end of the score before it, an inhibited score cuts out E
/// - E'. A gap cuts out the time between the last score before it and the first one after it. Below, b and e are begin
/// and end of a score in counted time, and "the last T" at a score is [e - T, e).
///
/// At each score that is not inhibited:
/// - *not raised*: the alarm is **raised** when this score and every score that begins in the last `on` exceed the
///   threshold, and the scores go back to e - on or further without a gap. The event begins with the first score that
///   begins in the last `on`.
/// - *raised*: it is **cleared** when this score and every score that begins in the last `off` are below threshold -
///   deadband, and it was raised at least `hold` ago. A gap does not change that count.
/// - *raised*, not cleared, last announced at least `realarm` ago: it is **repeated**.
/// Cleared and repeated events begin where the raised one did, so each event spans the alarm so far.
///
/// An inhibited score decides nothing. The first inhibited score is reported as **inhibited**, the first score after
/// them as **resumed**. An alarm that is still raised at the end of a stream is reported as **open**.
struct AlarmState {
  /// Ticks that were cut out so far: counted time is stream time less this.
  private var cut: Int64 = 0
  private var lastEnd: Int64?

  /// Counted begin of the first score since the start or the last gap.
  private var history: Int64?
  /// Counted begin of the latest score since then that did not exceed its threshold.
  private var calm: Int64?
  /// Counted begin of the latest score at or above threshold - deadband.
  private var alive: Int64?
  /// The first two of the current run of scores that exceed. When the alarm is raised, the last `on` begins with one of
  /// them: at the score before it was too early.
  private var run = Run()

  private(set) var isRaised = false
  private var raised: Int64 = 0
  private var announced: Int64 = 0
  /// Stream time at which the alarm's events begin.
  private(set) var alarmBegin: Int64 = 0
  private var inhibitBegin: Int64?

  private struct Run {
    var count = 0
    /// Begins, in stream time, and the first one's in counted time, too.
    var first: Int64 = 0
    var second: Int64 = 0
    var firstCounted: Int64 = 0
  }

  @_noLocks @_noAllocation
  mutating func take(_ score: AlarmScore, _ rules: AlarmRules) -> AlarmDecision {
    if score.followsGap { passGap(to: score.begin) }
    var decision = AlarmDecision()
    if score.isInhibited {
      if inhibitBegin == nil {
        decision.isInhibited = true
        decision.inhibitBegin = score.begin
        inhibitBegin = score.begin
      }
      if let lastEnd { cut += score.end - lastEnd }
      lastEnd = score.end
      return decision
    }
    if let begin = inhibitBegin {
      decision.isResumed = true
      decision.inhibitBegin = begin
      inhibitBegin = nil
    }
    count(score, rules)
    decide(score, rules, &decision)
    lastEnd = score.end
    return decision
  }

  /// A gap restarts `on`; the other timers do not count its time.
  @_noLocks @_noAllocation
  private mutating func passGap(to begin: Int64) {
    history = nil
    calm = nil
    run = Run()
    if let last = lastEnd, begin > last {
      cut += begin - last
      lastEnd = begin
    }
  }

  @_noLocks @_noAllocation
  private mutating func count(_ score: AlarmScore, _ rules: AlarmRules) {
    let begin = score.begin - cut
    if history == nil { history = begin }
    if score.exceeds {
      if run.count == 0 { (run.first, run.firstCounted) = (score.begin, begin) }
      if run.count == 1 { run.second = score.begin }
      run.count += 1
    } else {
      calm = begin
      run = Run()
    }
    if !isBelow(score, rules) { alive = begin }
  }

  @_noLocks @_noAllocation
  private func isBelow(_ score: AlarmScore, _ rules: AlarmRules) -> Bool {
    score.score < score.threshold - rules.deadband
  }

  @_noLocks @_noAllocation
  private mutating func decide(_ score: AlarmScore, _ rules: AlarmRules, _ decision: inout AlarmDecision) {
    let now = score.end - cut
    if !isRaised {
      guard score.exceeds, isCovered(from: now - rules.on) else { return }
      isRaised = true
      raised = now
      announced = now
      alarmBegin = run.count > 1 && run.firstCounted < now - rules.on ? run.second : run.first
      decision.change = AUSCULT_EVENT_RAISED
    } else if isBelow(score, rules), isQuiet(from: now - rules.off), now - raised >= rules.hold {
      isRaised = false
      decision.change = AUSCULT_EVENT_CLEARED
    } else if let realarm = rules.realarm, now - announced >= realarm {
      announced += (now - announced) / realarm * realarm
      decision.change = AUSCULT_EVENT_REPEATED
    }
    decision.changeBegin = alarmBegin
  }

  /// The scores since `time` have no gap, and all that begin there or later exceed.
  @_noLocks @_noAllocation
  private func isCovered(from time: Int64) -> Bool {
    guard let history, history <= time else { return false }
    guard let calm else { return true }
    return calm < time
  }

  /// All scores that begin at `time` or later are below threshold - deadband.
  @_noLocks @_noAllocation
  private func isQuiet(from time: Int64) -> Bool {
    guard let alive else { return true }
    return alive < time
  }
}
