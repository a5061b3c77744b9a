import GraphEngine

/// How a run over files, or without any, goes about it.
public struct FileRunOptions {
  public var periods = PeriodPlan.standard
  /// What the graph's audio sinks play is written into this folder: `NODE.wav`, or `FILE.NODE.wav` for each of several
  /// input files. Nil: it is dropped.
  public var outputFolder: String?
  /// Gets what is odd about the input: files that are cut short, channels that are left out. One line each.
  public var warn: (String) -> Void = { _ in }
  /// Called about ten times a second.
  public var progress: (FileProgress) -> Void = { _ in }
  /// Gets the files that cannot be run (a `FileRunError`, or the graph's `DiagnosticsError`); the others are run. Nil:
  /// such a file ends the run with that error, before it begins where that can be seen.
  public var failed: ((_ path: String, _ error: any Error) -> Void)?
  /// Asked at every cycle; once it is true the run ends as at the end of the file.
  public var isCancelled: () -> Bool = { false }

  public init() {}
}

/// How far a run is.
public struct FileProgress: Sendable, Equatable {
  /// The file that is being read; nil in a run without files.
  public var file: String?
  public var filesDone: Int
  public var files: Int
  /// Seconds of sound so far, of all files.
  public var secondsDone: Double
  /// Seconds of sound of all files as their headers have it; may be wrong, or 0.
  public var secondsAnnounced: Double
  /// Seconds of sound for each second that passed.
  public var speed: Double
}

/// What a run did.
public struct FileRunSummary: Sendable, Equatable {
  public var files = 0
  public var frames: Int64 = 0
  /// Seconds of sound.
  public var seconds = 0.0
  /// Seconds that it took.
  public var elapsed = 0.0
  public var wasCancelled = false
  /// Files, or the one run without any, that nothing came out of, and where they dried up.
  public var dry: [DryFile] = []
}

/// A file that some node yielded nothing of.
public struct DryFile: Sendable, Equatable {
  /// nil: a run without files.
  public var path: String?
  public var seconds: Double
  public var node: DryNode
}

/// Why a run could not begin, or go on: a line for each reason.
public struct FileRunError: Error, Sendable, Equatable, CustomStringConvertible {
  public var problems: [String]
  public init(_ problems: [String]) { self.problems = problems }
  public var description: String { problems.joined(separator: "\n") }
}
