/// Why training or evaluating cannot go on: what is wrong and what to do. A place, where it has one, comes first:
/// `manifest.csv:3: ...`.
public struct TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [String]
  public init(_ problems: [String]) { self.problems = problems }
  public init(_ problem: String) { problems = [problem] }
  public var description: String { problems.joined(separator: "\n") }
}

/// What a recording is for.
public enum Part: String, Sendable, CaseIterable {
  /// Learned from.
  case train
  /// Held out while learning; thresholds are set on it.
  case validation
  /// Neither.
  case test
}

/// An audio file with what is known about it.
public struct Recording: Sendable, Equatable {
  /// A stretch with a label of its own, in seconds.
  public struct Event: Sendable, Equatable {
    public var label: String
    public var begin: Double
    public var end: Double
  }
  public var path: String
  /// Of all that is in no event.
  public var label: String
  /// What it listens to; nil: what the graph's source says.
  public var machine: String?
  public var part: Part?
  public var events: [Event] = []
  /// What belongs together: a day, a session. Recordings of a group are left out together; nil: it is one by itself.
  public var group: String?
  /// Where the manifest says so: "manifest.csv:3".
  public var place: String?
  /// Of a public dataset.
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
  /// Nobody says what it is: a clip that is judged, and counts for no figure.
  public static let unlabelled = ""
  private static let anomalousWords: Set<String> = ["anomalous", "anomaly", "abnormal"]

  /// In any case; `anomaly` and `abnormal` are `anomalous`. Other labels stay as they are.
  public static func canonical(_ label: String) -> String {
    let word = label.lowercased()
    return word == normal ? normal : anomalousWords.contains(word) ? anomalous : label
  }

  /// Nothing but normal and anomalous.
  public static func isAnomalyTask(_ labels: some Sequence<String>) -> Bool {
    labels.allSatisfy { $0 == normal || $0 == anomalous }
  }
}

/// Recordings and where they come from.
public struct RecordingSet: Sendable {
  public var recordings: [Recording]
  /// The recordings say themselves what each is for.
  public var hasParts: Bool
  /// A folder with a subfolder for each label.
  public var isDataset = false
  /// "data/normal", "manifest.csv", for messages.
  public var source: String
  /// What is odd about it, a line each.
  public var warnings: [String] = []
  /// On request: what can't be read.
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

  /// Labels that differ in case only become one: as the first recording has it, or as `spellings` have it.
  public mutating func unifyLabels(_ spellings: [String] = []) {
    var known: [String: String] = [:]
    for label in spellings + recordings.flatMap({ [$0.label] + $0.events.map(\.label) }) {
      if known[label.lowercased()] == nil { known[label.lowercased()] = label }
    }
    // A model may tell apart what differs in case only.
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
