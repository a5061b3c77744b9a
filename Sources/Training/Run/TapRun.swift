import FileDriver
import FoundationEssentials
import GraphEngine
import GraphText

/// Callbacks from long work to its caller.
public struct WorkCallbacks: Sendable {
  /// Progress from 0 to 1, and the current step.
  public var progress: @Sendable (Double, String) -> Void = { _, _ in }
  /// Whether to cancel everything.
  public var isCancelled: @Sendable () -> Bool = { false }
  /// Whether a class that is fitting should end with the best so far.
  public var isEnding: @Sendable () -> Bool = { false }
  /// A class begins or ends fitting.
  public var fitting: @Sendable (Bool) -> Void = { _ in }
  /// A class that reports epochs has finished one. Thread: the one that fits.
  public var epoch: @Sendable (EpochReport) -> Void = { _ in }
  public var warn: @Sendable (String) -> Void = { _ in }
  public var log: @Sendable (LogLevel, String, String) -> Void = { _, _, _ in }

  public init() {}

  func checkCancelled() throws {
    if isCancelled() { throw Interrupted() }
  }
}

/// The user cancelled. Nothing was written.
public struct Interrupted: Error, CustomStringConvertible {
  public init() {}
  public var description: String { "interrupted; nothing was written" }
}

/// Runs a graph with taps over recordings, one after the other, and passes on the taps' tokens.
struct TapRun {
  let callbacks: WorkCallbacks
  /// This run's part of all work, for progress.
  var share = 0.0...1.0
  var what = ""

  struct Figures {
    var seconds = 0.0
    var elapsed = 0.0
    /// Recordings that lack bands of the model.
    var bandLimited: [String] = []
  }

  /// - Parameters:
  ///   - graph: with taps. Its source gets the machine of each recording, if the recording has one.
  ///   - heard: gets the recording's index; the taps' stores hold its tokens.
  /// - Throws: `TrainingError` for unreadable recordings, after all have been tried; `DiagnosticsError`
  ///   where the graph does not take a file's rate; `Interrupted`.
  @discardableResult
  func run(
    _ graph: Graph, _ recordings: [Recording], heard: (Int, Recording) throws -> Void
  ) throws -> Figures {
    try checkReadable(recordings)
    var figures = Figures()
    var engines: [String: Engine] = [:]
    for group in groups(recordings) {
      try callbacks.checkCancelled()
      let machine = recordings[group.lowerBound].machine
      let engine = try engines[machine ?? ""] ?? makeEngine(graph, machine: machine)
      engines[machine ?? ""] = engine
      try run(engine, recordings, group, &figures, heard: heard)
      try callbacks.checkCancelled()
    }
    if let first = figures.bandLimited.first {
      callbacks.warn(
        "\(figures.bandLimited.count) of \(recordings.count) recordings lack upper bands that the model was trained on; "
          + "their scores leave these out: \(first)" + (figures.bandLimited.count > 1 ? " and others" : ""))
    }
    return figures
  }

  /// Recordings that follow each other and belong to the same machine.
  private func groups(_ recordings: [Recording]) -> [Range<Int>] {
    var groups: [Range<Int>] = []
    for index in recordings.indices {
      if let last = groups.last, recordings[last.lowerBound].machine == recordings[index].machine {
        groups[groups.count - 1] = last.lowerBound..<index + 1
      } else {
        groups.append(index..<index + 1)
      }
    }
    return groups
  }

  private func run(
    _ engine: Engine, _ recordings: [Recording], _ group: Range<Int>, _ figures: inout Figures,
    heard: (Int, Recording) throws -> Void
  ) throws {
    var results = figures
    defer { figures = results }
    var options = FileRunOptions()
    options.jobs = ProcessInfo.processInfo.activeProcessorCount
    options.warn = callbacks.warn
    options.isCancelled = callbacks.isCancelled
    options.progress = { progress in
      let announced = max(progress.secondsAnnounced, 1e-9)
      let done = progress.secondsDone / announced * Double(group.count) - Double(progress.filesDone)
      show(min(group.lowerBound + progress.filesDone, group.upperBound - 1), recordings, min(1, max(0, done)))
    }
    show(group.lowerBound, recordings, 0)
    var index = group.lowerBound
    try withoutActuallyEscaping(heard) { heard in
      options.finished = { file in
        try callbacks.checkCancelled()
        if let failed = file.engine.failedNodes.sorted().first {
          throw TrainingError("\(file.path): node '\(failed)' failed on it; see above")
        }
        if file.engine.hasRemarks(on: "bands") { results.bandLimited.append(file.path) }
        results.seconds += file.seconds
        try heard(index, recordings[index])
        index += 1
      }
      defer { options.finished = { _ in } }
      do {
        results.elapsed += try FileRun(engine, options: options).run(files: group.map { recordings[$0].path }).elapsed
      } catch let error as FileRunError {
        throw TrainingError(error.problems)
      } catch let error as AudioFileError {
        throw TrainingError(error.description)
      }
    }
  }

  private func makeEngine(_ graph: Graph, machine: String?) throws -> Engine {
    var graph = graph
    if let machine, graph.channels == 1 { graph.nameMachines([machine]) }
    var options = EngineOptions()
    options.log = callbacks.log
    return try Engine(graph: graph, options: options)
  }

  private func show(_ index: Int, _ recordings: [Recording], _ done: Double) {
    let whole = (Double(index) + done) / Double(max(1, recordings.count))
    callbacks.progress(
      share.lowerBound + whole * (share.upperBound - share.lowerBound),
      "\(what) \(index + 1)/\(recordings.count) \(recordings[index].path)")
  }

  private func checkReadable(_ recordings: [Recording]) throws {
    var problems: [String] = []
    for recording in recordings {
      do {
        _ = try AudioFile(path: recording.path)
      } catch {
        problems.append((recording.place.map { "\($0): " } ?? "") + "\(error)")
      }
    }
    guard problems.isEmpty else { throw TrainingError(Array(problems.prefix(20))) }
  }
}

extension Graph {
  /// Channels of its one source; nil where it has none or several.
  var channels: Int? {
    let sources = nodes.filter { $0.nodeClass.name == "source" }
    guard sources.count == 1, case .number(let number, _, _)? = sources[0].argument("channels")?.value else {
      return nil
    }
    return Int(number)
  }
}

/// The machine that each channel belongs to: the recording's machine, or the graph's name of the channel.
struct MachineNames {
  let graph: [String]

  /// Nil: skip this channel's tokens.
  func name(_ recording: Recording, channel: Int) -> String? {
    guard let machine = recording.machine else { return channel < graph.count ? graph[channel] : nil }
    if graph.count == 1 { return machine }
    return channel < graph.count && graph[channel] == machine ? machine : nil
  }

  /// - Throws: where a graph of several channels does not know a recording's machine.
  func check(_ recordings: [Recording]) throws {
    guard graph.count > 1 else { return }
    for recording in recordings {
      guard let machine = recording.machine, !graph.contains(machine) else { continue }
      throw TrainingError(
        "\(recording.place ?? recording.path): the graph has no machine '\(machine)'; it has "
          + graph.joined(separator: ", "))
    }
  }
}
