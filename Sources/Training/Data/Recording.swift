/// Why training or evaluating cannot continue: the problem and what to do. A place, if any, comes first:
/// `manifest.csv:3: ...`.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [String]
  public init(_ problems: [String]) { self.problems = problems }
  public init(_ problem: String) { problems = [problem] }
  public var description: String { problems.joined(separator: "\n") }
}

/// The part that a recording belongs to.
public enum Part: String, Sendable, CaseIterable {
  /// For training.
  case train
  /// Held out in training; thresholds are set on it.
  case validation
  /// For evaluation only.
  case test
}

/// An audio file with its labels and other facts.
public struct Recording: Sendable, Equatable {
  /// A stretch with a label of its own, in seconds.
  public struct Event: Sendable, Equatable {
    public var label: String
    public var begin: Double
    public var end: Double
  }
  public var path: String
  /// The label outside of events.
  public var label: String
  /// The machine; nil: as the graph's source says.
  public var machine: String?
  public var part: Part?
  public var events: [Event] = []
  /// Recordings of one group, such as a day or session, are held out together; nil: a group of its own.
  public var group: String?
  /// Every model learns from it, also those that set thresholds: it is known to differ from the rest, and says nothing of
  /// how new normal sound scores.
  public var isAlwaysLearned = false
  /// The line of the manifest: "manifest.csv:3".
  public var place: String?
  /// Its place in a public dataset.
  public var clip: Clip?

  public init(
    path: String, label: String, machine: String? = nil, part: Part? = nil, events: [Event] = [], place: String? = nil,
    clip: Clip? = nil
  ) {
    self.path = path
    self.label = label
    self.machine = machine
    self.part = part
    self.events = events
    self.place = place
    self.clip = clip
  }
}

/// The labels of an anomaly task.
public enum Label {
  public static let normal = "normal"
  public static let anomalous = "anomalous"
  /// Unknown: the clip gets a score, but no figure includes it.
  public static let unlabelled = ""
  private static let anomalousWords: Set<String> = ["anomalous", "anomaly", "abnormal"]

  /// Ignores case; `anomaly` and `abnormal` are `anomalous`. Other labels stay unchanged.
  public static func canonical(_ label: String) -> String {
    let word = label.lowercased()
    return word == normal ? normal : anomalousWords.contains(word) ? anomalous : label
  }

  /// Only normal and anomalous.
  public static func isAnomalyTask(_ labels: some Sequence<String>) -> Bool {
    labels.allSatisfy { $0 == normal || $0 == anomalous }
  }
}

/// Recordings and where they come from.
public struct RecordingSet: Sendable {
  public var recordings: [Recording]
  /// The recordings state their parts themselves.
  public var hasParts: Bool
  /// A folder with a subfolder for each label.
  public var isDataset = false
  /// "data/normal", "manifest.csv", for messages.
  public var source: String
  /// Oddities, one line each.
  public var warnings: [String] = []
  /// Unreadable recordings, left out on request.
  public var leftOut: [LeftOut] = []

  public init(recordings: [Recording], hasParts: Bool = false, source: String) {
    self.recordings = recordings
    self.hasParts = hasParts
    self.source = source
  }

  /// Labels that occur, events' among them, sorted.
  public var labels: [String] {
    Set(recordings.map(\.label) + recordings.flatMap { $0.events.map(\.label) }).subtracting([Label.unlabelled])
      .sorted()
  }

  /// Merges labels that differ only in case: the spelling is the first recording's, or that of `spellings`.
  public mutating func unifyLabels(_ spellings: [String] = []) {
    var known: [String: String] = [:]
    for label in spellings + recordings.flatMap({ [$0.label] + $0.events.map(\.label) }) {
      if known[label.lowercased()] == nil { known[label.lowercased()] = label }
    }
    // A model may distinguish labels that differ only in case.
    func spelled(_ label: String) -> String {
      spellings.contains(label) ? label : known[label.lowercased()] ?? label
    }
    for index in recordings.indices {
      recordings[index].label = spelled(recordings[index].label)
      for event in recordings[index].events.indices {
        recordings[index].events[event].label = spelled(recordings[index].events[event].label)
      }
    }
  }
}
