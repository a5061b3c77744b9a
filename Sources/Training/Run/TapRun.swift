import FileDriver
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
    for (index, recording) in recordings.enumerated() {
      try callbacks.checkCancelled()
      let key = recording.machine ?? ""
      let engine: Engine
      if let known = engines[key] {
        engine = known
      } else {
        engine = try makeEngine(graph, machine: recording.machine)
        engines[key] = engine
      }
      var options = FileRunOptions()
      options.warn = callbacks.warn
      options.isCancelled = callbacks.isCancelled
      options.progress = { progress in
        let done = progress.secondsAnnounced > 0 ? progress.secondsDone / progress.secondsAnnounced : 0
        show(index, recordings, min(1, done))
      }
      show(index, recordings, 0)
      let summary: FileRunSummary
      do {
        summary = try FileRun(engine, options: options).run(files: [recording.path])
      } catch let error as FileRunError {
        throw TrainingError(error.problems)
      } catch let error as AudioFileError {
        throw TrainingError(error.description)
      }
      try callbacks.checkCancelled()
      if let failed = engine.failedNodes.sorted().first {
        throw TrainingError("\(recording.path): node '\(failed)' failed on it; see above")
      }
      if engine.hasRemarks(on: "bands") { figures.bandLimited.append(recording.path) }
      figures.seconds += summary.seconds
      figures.elapsed += summary.elapsed
      try heard(index, recording)
    }
    if let first = figures.bandLimited.first {
      callbacks.warn(
        "\(figures.bandLimited.count) of \(recordings.count) recordings lack upper bands that the model was trained on; "
          + "their scores leave these out: \(first)" + (figures.bandLimited.count > 1 ? " and others" : ""))
    }
    return figures
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
