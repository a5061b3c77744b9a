/// How a machine is watched: what it says, and whether it is heard at all.
public struct MachineHealth: Sendable, Equatable {
  /// From good to bad.
  public enum State: String, Sendable, CaseIterable {
    case ok
    /// A detector learns what is normal; it gives no scores yet.
    case learning
    /// An alarm is raised: the watch is well, the machine is not.
    case alarm
    /// No score for longer than there should be.
    case overdue
    /// Nothing is heard of it.
    case deaf
    /// A node that judges it failed.
    case failed
  }

  public enum Cause: UInt32, Sendable {
    case unconnected = 1
    case silent, stuck, noScore

    public var name: String {
      switch self {
      case .unconnected: "unconnected"
      case .silent: "silent"
      case .stuck: "stuck"
      case .noScore: "no score"
      }
    }
  }

  public var machine: String
  public var state: State
  /// Why it is deaf.
  public var cause: Cause?
  public var facts: Facts

  /// The watch itself is not well: somebody has to look after it.
  public var isTrouble: Bool { state == .overdue || state == .deaf || state == .failed }

  /// What is known of a machine at one moment. Positions are driver frames.
  public struct Facts: Sendable, Equatable {
    public var machine: String
    public var rate: Int
    /// Of the next cycle.
    public var position: Int64
    /// Seconds since the last cycle, where none has come for longer than usual.
    public var stalled: Double
    /// After so many seconds without hearing anything it is deaf.
    public var patience: Double
    /// Nil: it does not come from the driver.
    public var input: Input?
    /// Of each detector that judges it.
    public var scores: [Score]
    /// Of each alarm.
    public var alarms: [Alarm]
    /// Nodes that judge it, and failed.
    public var failed: [String]
    /// What nodes have to say of it.
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

    /// Seconds of the stream, and those in which it stood still, since a position.
    public func age(_ since: Int64) -> Double { Double(position - since) / Double(rate) + stalled }
  }

  /// A driver's input. Levels are factors of full scale.
  public struct Input: Sendable, Equatable {
    public var peak: Float
    public var rms: Float
    /// Through which position it has sounded, changed its value, and been connected.
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
    /// Where the last one ends; nil: none came so far.
    public var end: Int64?
    public var score: Double
    public var threshold: Double
    /// All of it is silence, so that it says nothing of the machine.
    public var isSilent: Bool
    /// Through which position the detector has learned, while it gives no scores.
    public var learned: Int64?
    /// Seconds that may lie between the last score's end and now.
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
    /// Where the raised alarm begins; nil: none is raised.
    public var raised: Int64?
    /// Since when its timers stand still.
    public var inhibited: Int64?
    /// Since when it hears nothing, and why.
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

  /// Decides what the facts come to; what is worse goes first.
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
  /// Why nothing is heard; nil: something is. What the driver's input says goes before what an alarm found out later.
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
