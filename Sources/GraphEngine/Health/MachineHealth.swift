import NodeABI

/// The state of a machine's watch: what the scores say, and whether the machine is heard at all.
public struct MachineHealth: Sendable, Equatable {
  /// From good to bad.
  public enum State: String, Sendable, CaseIterable {
    case ok
    /// A detector learns what is normal; it gives no scores yet.
    case learning
    /// An alarm is raised: the watch works, the machine does not.
    case alarm
    /// The last score is older than it should be.
    case overdue
    /// The machine is not heard.
    case deaf
    /// A node that judges it failed.
    case failed
  }

  public typealias Cause = DeafCause

  public var machine: String
  public var state: State
  /// Why it is deaf.
  public var cause: Cause?
  public var facts: Facts

  /// The watch itself does not work: a person must look after it.
  public var isTrouble: Bool { state == .overdue || state == .deaf || state == .failed }

  /// What is known of a machine at one moment. Positions are driver frames.
  public struct Facts: Sendable, Equatable {
    public var machine: String
    public var rate: Int
    /// Of the next cycle, in driver frames.
    public var position: Int64
    /// Seconds since the last cycle, if that is longer than usual.
    public var stalled: Double
    /// Seconds without sound after which the machine is deaf.
    public var patience: Double
    /// Nil: the machine's sound does not come from the driver.
    public var input: Input?
    /// The scores of each detector that judges it.
    public var scores: [Score]
    /// The state of each of its alarms.
    public var alarms: [Alarm]
    /// Failed nodes that judged it.
    public var failed: [String]
    /// The nodes' remarks about it.
    public var remarks: [Remark]

    public init(
      machine: String, rate: Int, position: Int64, stalled: Double = 0, patience: Double = 10, input: Input? = nil,
      scores: [Score] = [], alarms: [Alarm] = [], failed: [String] = [], remarks: [Remark] = []
    ) {
      self.machine = machine
      self.rate = rate
      self.position = position
      self.stalled = stalled
      self.patience = patience
      self.input = input
      self.scores = scores
      self.alarms = alarms
      self.failed = failed
      self.remarks = remarks
    }

    /// Seconds since a position, including those in which the stream stood still.
    public func age(_ since: Int64) -> Double { Double(position - since) / Double(rate) + stalled }
  }

  /// A driver's input. Levels are factors of full scale.
  public struct Input: Sendable, Equatable {
    public var peak: Float
    public var rms: Float
    /// Positions through which it sounded, changed its value, and was connected.
    public var sounding: Int64
    public var moving: Int64
    public var connected: Int64

    public init(peak: Float, rms: Float, sounding: Int64, moving: Int64, connected: Int64) {
      self.peak = peak
      self.rms = rms
      self.sounding = sounding
      self.moving = moving
      self.connected = connected
    }
  }

  public struct Score: Sendable, Equatable {
    public var node: String
    /// Frame position where the last score ends; nil: no score yet.
    public var end: Int64?
    public var score: Double
    public var threshold: Double
    /// Its whole span is silence, so it says nothing about the machine.
    public var isSilent: Bool
    /// Position through which the detector has learned, while it yields no scores.
    public var learned: Int64?
    /// Seconds that may pass between the last score's end and now.
    public var usual: Double

    public init(
      node: String, end: Int64?, score: Double = 0, threshold: Double = 0, isSilent: Bool = false,
      learned: Int64? = nil, usual: Double = 0
    ) {
      self.node = node
      self.end = end
      self.score = score
      self.threshold = threshold
      self.isSilent = isSilent
      self.learned = learned
      self.usual = usual
    }
  }

  public struct Alarm: Sendable, Equatable {
    public var node: String
    /// Position where the raised alarm begins; nil: none is raised.
    public var raised: Int64?
    /// Position since which its timers stand still.
    public var inhibited: Int64?
    /// Position since which it hears nothing.
    public var deaf: Int64?
    public var cause: Cause?

    public init(node: String, raised: Int64? = nil, inhibited: Int64? = nil, deaf: Int64? = nil, cause: Cause? = nil) {
      self.node = node
      self.raised = raised
      self.inhibited = inhibited
      self.deaf = deaf
      self.cause = cause
    }
  }

  /// Decides the state from the facts. The worst state wins.
  public init(_ facts: Facts) {
    self.facts = facts
    machine = facts.machine
    state = .ok
    cause = facts.deafness
    if !facts.failed.isEmpty {
      state = .failed
    } else if cause != nil {
      state = .deaf
    } else if facts.scores.contains(where: facts.isOverdue) {
      state = .overdue
    } else if facts.alarms.contains(where: { $0.raised != nil }) {
      state = .alarm
    } else if facts.scores.contains(where: { $0.end == nil && $0.learned != nil }) {
      state = .learning
    }
  }
}

extension MachineHealth.Facts {
  /// Why the machine is not heard; nil: it is heard. The driver's input counts more than an alarm's later finding.
  fileprivate var deafness: MachineHealth.Cause? {
    let heard = alarms.first { $0.deaf != nil }?.cause
    guard let input else { return heard }
    if isOld(input.connected) { return .unconnected }
    if let heard { return heard }
    // An alarm hears by the source's own `silent_below`, however quiet that is.
    if alarms.isEmpty, isOld(input.sounding) { return .silent }
    return isOld(input.moving) ? .stuck : nil
  }

  private func isOld(_ since: Int64) -> Bool { age(since) - stalled >= patience }

  fileprivate func isOverdue(_ score: MachineHealth.Score) -> Bool {
    age(max(score.end ?? 0, score.learned ?? 0)) >= patience + score.usual
  }
}
