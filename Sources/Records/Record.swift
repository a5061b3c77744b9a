import NodeKit

/// One report of a sink: the content of one JSON line.
public struct Record: Sendable, Equatable {
  /// What it is about.
  public var content: Content
  /// Name of the graph.
  public var graph: String
  /// Name of the node that made it; for a clock record, the sink that noticed it.
  public var node: String
  /// Nil if it belongs to no single channel: gaps and clock records.
  public var channel: Int?
  /// The machine of the channel.
  public var machine: String?
  public var span: Span
  /// Driver frames per second.
  public var rate: Int
  /// Nanoseconds since the Unix epoch (UTC) at the span's end: the earliest time at which it could be known. Nil: the wall
  /// clock of the sound is not known.
  public var time: Int64?
  /// Generation of the graph that made it.
  public var generation: UInt32?
  public var flags: Flags
  /// The input file that the positions refer to.
  public var file: String?
  /// "sha256:..." of the model that judged.
  public var model: String?
  /// Build id of the plugin that judged.
  public var library: String?
  /// Alarms and deafness: what the records of one alarm have in common; see `EventID`.
  public var id: String?

  public init(
    _ content: Content, graph: String, node: String, channel: Int? = nil, machine: String? = nil, span: Span, rate: Int,
    time: Int64?, generation: UInt32? = nil, flags: Flags = [], file: String? = nil, model: String? = nil,
    library: String? = nil, id: String? = nil
  ) {
    self.content = content
    self.graph = graph
    self.node = node
    self.channel = channel
    self.machine = machine
    self.span = span
    self.rate = rate
    self.time = time
    self.generation = generation
    self.flags = flags
    self.file = file
    self.model = model
    self.library = library
    self.id = id
  }

  public enum Content: Sendable, Equatable {
    case score(Score)
    case alarm(Alarm)
    case deaf(Deaf)
    case gap(Gap)
    /// The wall clock jumped. From here on `time` counts from a new anchor.
    case clock
    /// An event of the driver or the host that is not a token, such as a lost connection.
    case notice(Notice)
  }

  public struct Score: Sendable, Equatable {
    public var score: Double
    /// Not finite: there is no threshold.
    public var threshold: Double
    /// Classifiers: the name of the most likely class, and its probability.
    public var className: String?
    public var probability: Float?
    /// The columns that contribute most to the score, largest first.
    public var bands: [Band]
    public var isAnomalous: Bool { score > threshold }

    public init(
      _ score: Double, threshold: Double, className: String? = nil, probability: Float? = nil, bands: [Band] = []
    ) {
      self.score = score
      self.threshold = threshold
      self.className = className
      self.probability = probability
      self.bands = bands
    }
  }

  public struct Band: Sendable, Equatable {
    public var band: Int
    public var hertz: Float?

    public init(_ band: Int, hertz: Float?) {
      self.band = band
      self.hertz = hertz
    }
  }

  public struct Alarm: Sendable, Equatable {
    public enum State: UInt32, Sendable {
      case raised = 1
      case cleared, repeated, inhibited, resumed, open
    }
    public var state: State
    public var score: Double
    public var threshold: Double

    public init(_ state: State, score: Double, threshold: Double) {
      self.state = state
      self.score = score
      self.threshold = threshold
    }
  }

  /// A machine has not been heard since the span's begin.
  public struct Deaf: Sendable, Equatable {
    public enum State: UInt32, Sendable {
      case begun = 7
      case ended
    }
    public typealias Cause = DeafCause
    public var state: State
    public var cause: Cause

    public init(_ state: State, cause: Cause) {
      self.state = state
      self.cause = cause
    }
  }

  public struct Gap: Sendable, Equatable {
    public typealias Cause = GapCause
    public var cause: Cause
    /// For drops: tokens lost. For sinks: records lost.
    public var count: Int

    public init(_ cause: Cause, count: Int) {
      self.cause = cause
      self.count = count
    }
  }

  public struct Notice: Sendable, Equatable {
    /// The record's `kind`.
    public var kind: String
    public var state: String
    /// Further fields, in their order.
    public var details: [Detail]

    public struct Detail: Sendable, Equatable {
      public var name: String
      public var text: String

      public init(_ name: String, _ text: String) {
        self.name = name
        self.text = text
      }
    }

    public init(_ kind: String, state: String, details: [Detail] = []) {
      self.kind = kind
      self.state = state
      self.details = details
    }
  }

  /// The marks of the source, or a gap, for a token.
  public struct Flags: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }
    public static let silent = Flags(rawValue: 1)
    public static let clipped = Flags(rawValue: 2)
    public static let gap = Flags(rawValue: 4)
    /// The whole token is digital silence. Set in addition to `silent`, and not written.
    public static let whollySilent = Flags(rawValue: 8)

    /// In the order of the output.
    public var names: [StaticString] {
      (contains(.silent) ? ["silent"] : []) + (contains(.clipped) ? ["clipped"] : []) + (contains(.gap) ? ["gap"] : [])
    }
  }
}

extension Record.Alarm.State {
  public var name: StaticString {
    switch self {
    case .raised: "raised"
    case .cleared: "cleared"
    case .repeated: "repeated"
    case .inhibited: "inhibited"
    case .resumed: "resumed"
    case .open: "open"
    }
  }
}

extension Record.Deaf.State {
  public var name: StaticString { self == .begun ? "begun" : "ended" }
}

extension Record.Gap.Cause {
  public var name: StaticString {
    switch self {
    case .xrun: "xrun"
    case .drop: "drop"
    case .node: "node"
    case .server: "server"
    case .network: "network"
    case .sink: "sink"
    }
  }
}

extension Record.Content {
  /// At the same place: clock records, gaps and notices before scores, and an alarm after the score that raised it.
  var rank: Int {
    switch self {
    case .clock: 0
    case .gap: 1
    case .notice: 2
    case .score: 3
    case .deaf: 4
    case .alarm: 5
    }
  }
}
