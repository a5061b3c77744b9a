import GraphEngine

/// Options of a run over files, or of a graph that makes its own sound.
public struct FileRunOptions {
  public var periods = PeriodPlan.standard
  /// How the time of the records is found.
  public var times = RecordingTimeRules()
  /// The folder for the output of the graph's audio sinks: `NODE.wav`, or `FILE.NODE.wav` for each of several input files.
  /// Nil: the output is discarded.
  public var outputFolder: String?
  /// Receives warnings about the input, such as truncated files and unused channels. One line each.
  public var warn: (String) -> Void = { _ in }
  /// Called about ten times a second.
  public var progress: (FileProgress) -> Void = { _ in }
  /// Receives files that cannot be run (a `FileRunError`, or the graph's `DiagnosticsError`); the others are run. Nil: such
  /// a file ends the run with that error, if possible before it begins.
  public var failed: ((_ path: String, _ error: any Error) -> Void)?
  /// Called at every cycle; once it returns true, the run ends as at the end of the file.
  public var isCancelled: () -> Bool = { false }
  /// The most files that are processed at once. Records and arrays are the same with any number. With an output folder,
  /// or for one file, it is 1.
  public var jobs = 1
  /// Called after each file, in their order, before the next one's results; not for files that failed. If it throws, the
  /// run ends with that error, or `failed` receives it.
  public var finished: (FinishedFile) throws -> Void = { _ in }

  public init() {}
}

/// A file that a run has processed whole.
public struct FinishedFile {
  public var path: String
  /// Seconds of sound.
  public var seconds: Double
  /// The engine that has processed it, stopped.
  public var engine: Engine
}

/// The progress of a run.
public struct FileProgress: Sendable, Equatable {
  /// The present file; nil in a run without files.
  public var file: String?
  public var filesDone: Int
  public var files: Int
  /// Seconds of sound so far, of all files.
  public var secondsDone: Double
  /// Seconds of sound of all files by their headers; may be wrong, or 0.
  public var secondsAnnounced: Double
  /// Seconds of sound per second of wall time.
  public var speed: Double
}

/// The summary of a run.
public struct FileRunSummary: Sendable, Equatable {
  public var files = 0
  public var frames: Int64 = 0
  /// Seconds of sound.
  public var seconds = 0.0
  /// Seconds of wall time.
  public var elapsed = 0.0
  public var wasCancelled = false
  /// Files, or the one run without files, that gave no result, with the node that yielded nothing.
  public var withoutResult: [FileWithoutResult] = []
}

/// A file for which some node yielded no token.
public struct FileWithoutResult: Sendable, Equatable {
  /// nil: a run without files.
  public var path: String?
  public var seconds: Double
  public var node: NodeWithoutOutput
}

/// Why a run could not begin, or continue: one line per reason.
public struct FileRunError: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [String]
  public init(_ problems: [String]) { self.problems = problems }
  public var description: String { problems.joined(separator: "\n") }
}
