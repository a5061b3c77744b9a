import ArgumentParser
import FileDriver
import GraphEngine
import GraphText
import LiveControl
import Synchronization

/// A run of a graph without JACK: over files, or for a duration of its own sound.
struct FileCommand {
  let graph: Graph
  let files: [String]
  let times: RecordingTimeRules
  let periods: PeriodPlan
  /// For graphs that make their own sound.
  let rate: Int
  let duration: Double?
  let audioFolder: String?
  /// The most files that are processed at once.
  let jobs: Int
  let console: Console
  /// Called after a run that was not interrupted, also where single files could not be run.
  var finish: () throws -> Void = {}

  func run() throws {
    let signals = SignalWatcher()
    let interruption = Interruption()
    let ending = EndDeadline { [console] in console.tell($0) }
    defer { ending.isOver() }
    signals.handleAll { count in
      interruption.come()
      ending.end(isRepeated: count > 1)
      return count < 3
    }
    let log = EngineLog(console)
    var engineOptions = EngineOptions()
    engineOptions.log = log.receive
    engineOptions.outputs.protect(files, as: "an input of this run")
    let engine = try Engine(graph: graph, options: engineOptions)
    ending.begin(engine)
    let failures = FileFailures(console, isSingle: files.count == 1)
    let run = FileRun(engine, options: options(failures, interruption, log))
    let summary = try outcome(of: run)
    console.endProgress()
    log.showHeld(all: true)
    // If no file was run, the errors above say why.
    if console.isJSON || summary.files > 0 || failures.count == 0 { tell(summary) }
    warnWithoutResult(summary)
    if summary.wasCancelled { throw Failure("interrupted; the sound until then is judged and written") }
    if summary.files > 0 { try finish() }
    try checkNodes(of: engine.graph.name, failed: run.failedNodes, log)
    if failures.count > 0 {
      // The error of a single file is printed already.
      if files.count == 1 { throw ExitCode.failure }
      throw Failure("\(failures.count) of \(Quantity.count(files.count, "file")) could not be run")
    }
  }

  private func outcome(of run: FileRun) throws -> FileRunSummary {
    do {
      return try files.isEmpty ? run.run(seconds: duration ?? 0, rate: rate) : run.run(files: files)
    } catch let error as FileRunError {
      throw Failure(error.description)
    } catch let error as AudioFileError {
      throw Failure(error.description)
    }
  }

  private func options(_ failures: FileFailures, _ interruption: Interruption, _ log: EngineLog) -> FileRunOptions {
    var options = FileRunOptions()
    options.periods = periods
    options.times = times
    options.outputFolder = audioFolder
    options.jobs = jobs
    options.warn = { console.warning($0) }
    options.failed = failures.note
    options.isCancelled = { interruption.hasCome }
    options.progress = {
      log.showHeld()
      console.progress(words($0))
    }
    return options
  }

  /// "3/7 monday.wav  41 %  512 times real time"
  private func words(_ progress: FileProgress) -> String {
    var words: [String] = []
    if let file = progress.file {
      words.append((progress.files > 1 ? "\(progress.filesDone + 1)/\(progress.files) " : "") + file)
    }
    if progress.secondsAnnounced > 0 {
      words.append("\(Int(min(1, progress.secondsDone / progress.secondsAnnounced) * 100)) %")
    }
    words.append("\(Quantity.fixed(progress.speed, 0)) times real time")
    return words.joined(separator: "  ")
  }

  /// A file without a result deserves a warning, even if the file is valid.
  private func warnWithoutResult(_ summary: FileRunSummary) {
    guard let first = summary.withoutResult.first else { return }
    let node = first.node
    let seconds =
      first.seconds < 1 ? Quantity.milliseconds(first.seconds * 1000) : Quantity.seconds(first.seconds)
    var line = (first.path.map { "\($0): " } ?? "")
    if node.isDetector {
      line += "'\(node.name)' gave no score for \(seconds) of sound: without a model it learns first, "
      line += (first.path == nil ? "" : "for each file again, ") + "from sound that is neither silent nor clipped"
    } else {
      line += "\(seconds) of sound are too short for '\(node.name)', which gave no result"
    }
    let alike = summary.withoutResult.count { $0.node == node }
    if alike > 1 { line += " (the same for \(alike) of \(summary.files) files)" }
    console.warning(line)
  }

  private func tell(_ summary: FileRunSummary) {
    let speed = summary.seconds / max(summary.elapsed, 1e-9)
    let what = files.isEmpty ? "" : "\(Quantity.count(summary.files, "file")), "
    console.info(
      [
        "'\(graph.name)': \(what)\(Quantity.seconds(summary.seconds)) of sound in \(Quantity.seconds(summary.elapsed)) "
          + "(\(Quantity.fixed(speed, 0)) times real time)"
      ],
      object: [
        "kind": "summary", "graph": .text(graph.name), "files": .integer(summary.files),
        "frames": .integer(summary.frames), "seconds": .number(summary.seconds), "elapsed": .number(summary.elapsed),
      ])
  }
}

/// Whether a person has asked the run to end. Any thread.
private final class Interruption: Sendable {
  private let flag = Atomic<Bool>(false)
  var hasCome: Bool { flag.load(ordering: .relaxed) }
  func come() { flag.store(true, ordering: .relaxed) }
}

/// Reports files that could not be run, as they come.
private final class FileFailures {
  private let console: Console
  private let isSingle: Bool
  private(set) var count = 0
  /// An error of the graph is not shown again for every file.
  private var shown: Set<[Diagnostic]> = []
  private var told: Set<String> = []

  init(_ console: Console, isSingle: Bool) {
    self.console = console
    self.isSingle = isSingle
  }

  func note(_ path: String, _ error: any Error) {
    count += 1
    switch error {
    case let error as DiagnosticsError:
      if shown.insert(error.diagnostics).inserted { console.show(error.diagnostics) }
      if !isSingle { console.error("\(path): the graph cannot run over this file") }
    default:
      let text = "\(error)"
      if told.insert(text).inserted { console.error(text) }
    }
  }
}
