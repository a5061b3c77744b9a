import GraphEngine
import GraphText
import OutputFiles
import TextEscapes

/// Runs a graph over audio files as fast as possible: the driver without a deadline.
///
/// Each file is a stream of its own, at its own rate, from frame position 0. The graph's external inputs, in the order
/// of `Engine.externalInputs` (by node name, then channel), take the file's channels from the first on.
/// With several jobs, engines of their own process files ahead of their turn; the sinks get all files in the given order,
/// one after the other, so that what they write does not depend on the number of jobs. See `FilesAhead`.
/// Thread: control; the run ends before `run` returns.
public final class FileRun {
  private let engine: Engine
  private let options: FileRunOptions
  private var summary = FileRunSummary()
  /// Nodes that were quarantined in any file.
  public private(set) var failedNodes: Set<String> = []
  private var progress: ProgressMeter
  private var hasNamedChannels = false
  /// Files that audio sinks must not write.
  private var outputs: OutputGuard

  public init(_ engine: Engine, options: FileRunOptions = FileRunOptions()) {
    self.engine = engine
    self.options = options
    progress = ProgressMeter(options.progress)
    outputs = OutputGuard(engine.graph)
  }

  /// Runs over files in the given order.
  ///
  /// Opens all files before it runs the first one, so that an unreadable file does not cost results of the others.
  /// - Throws: `FileRunError` for files that do not fit, `DiagnosticsError` if the graph does not accept a file's rate. The
  ///   engine is stopped then.
  public func run(files paths: [String]) throws -> FileRunSummary {
    let headers = try checked(paths)
    outputs.protect(paths, as: "an input of this run")
    progress.expect(files: paths.count, seconds: headers.reduce(0) { $0 + $1.seconds })
    let ahead = FilesAhead(engine, options, headers)
    defer {
      ahead?.giveUp()
      failedNodes.formUnion(ahead?.failedNodes ?? [])
    }
    for (index, header) in headers.enumerated() where !summary.wasCancelled {
      do {
        try run(header, ahead?.job(index), ahead, outputs: paths.count > 1)
        summary.files += 1
      } catch {
        engine.stop()
        guard let failed = options.failed else { throw error }
        failed(header.path, error)
      }
    }
    return finished()
  }

  private func run(_ header: FileHeader, _ job: FileJob?, _ ahead: FilesAhead?, outputs isOneOfMany: Bool) throws {
    let before = summary.seconds
    var used = engine
    if let job, let ahead, try finish(job, ahead) {
      used = job.ahead.engine ?? engine
    } else {
      try run(header, outputs: isOneOfMany)
    }
    noteResult(of: used, header.path, seconds: summary.seconds - before)
    failedNodes.formUnion(used.failedNodes)
    if !summary.wasCancelled {
      try options.finished(FinishedFile(path: header.path, seconds: summary.seconds - before, engine: used))
    }
  }

  /// Lets a job that has run ahead finish.
  ///
  /// - Returns: false: the file must be run in the ordinary way.
  private func finish(_ job: FileJob, _ ahead: FilesAhead) throws -> Bool {
    try checkChannels(job.header, job.inputCount)
    let (frames, seconds) = (summary.frames, summary.seconds)
    let count = { [self] in
      let done = job.frames.load(ordering: .relaxed)
      summary.frames = frames + done
      summary.seconds = seconds + Double(done) / Double(job.header.rate)
    }
    let isFinished = ahead.finish(job) { [self] in
      if options.isCancelled() {
        summary.wasCancelled = true
        job.endSoon()
      }
      count()
      if progress.isDue { progress.show(file: job.header.path, summary) }
    }
    guard isFinished else { return false }
    count()
    for warning in job.warnings { options.warn("\(job.header.path): \(warning)") }
    return true
  }

  /// Runs a graph that makes its own sound.
  ///
  /// - Throws: `FileRunError` if the graph has inputs, `DiagnosticsError` if it does not accept the rate.
  public func run(seconds: Double, rate: Int) throws -> FileRunSummary {
    progress.expect(files: 0, seconds: seconds)
    try engine.prepare(rate: rate)
    defer { engine.stop() }
    engine.setStart(options.times.start)
    let feeder = CycleFeeder(engine, longest: options.periods.longest)
    guard feeder.inputCount == 0 else {
      throw FileRunError([
        "the graph '\(engine.graph.name)' listens to \(channels(feeder.inputCount)) (\(listeners())); "
          + "give it files to read"
      ])
    }
    let wavs = try openOutputs(stem: nil, rate: rate)
    let total = Int((seconds * Double(rate)).rounded())
    var done = 0
    try cycles(rate: rate, file: nil, feeder, wavs) { frames in
      let count = min(frames, total - done)
      done += count
      return count
    }
    noteResult(of: engine, nil, seconds: summary.seconds)
    failedNodes.formUnion(engine.failedNodes)
    return finished()
  }

  // MARK: Files

  private func checked(_ paths: [String]) throws -> [FileHeader] {
    var headers: [FileHeader] = []
    var problems: [String] = []
    for path in paths {
      do {
        headers.append(FileHeader(try AudioFile(path: path)))
      } catch {
        problems.append("\(error)")
        options.failed?(path, FileRunError(["\(error)"]))
      }
    }
    let clashes = stemProblems(paths)
    problems += clashes
    guard problems.isEmpty || clashes.isEmpty && options.failed != nil else { throw FileRunError(problems) }
    return headers
  }

  /// The outputs of several files are named after the files.
  private func stemProblems(_ paths: [String]) -> [String] {
    guard options.outputFolder != nil else { return [] }
    var seen: [String: String] = [:]
    return paths.compactMap { path in
      guard let other = seen.updateValue(path, forKey: stem(path)) else { return nil }
      return "\(path): its output would overwrite that of \(other); run the two apart"
    }
  }

  private func run(_ header: FileHeader, outputs isOneOfMany: Bool) throws {
    try engine.prepare(rate: header.rate)
    let feeder = CycleFeeder(engine, longest: options.periods.longest)
    try checkChannels(header, feeder.inputCount)
    let file = try header.open()
    engine.setFile(PathText.shown(header.path))
    engine.setStart(options.times.time(of: file) { options.warn("\(header.path): \($0)") }?.start)
    defer { engine.setFile(nil) }
    let reader = PlanarReader(file, channels: feeder.inputCount, longest: options.periods.longest)
    let wavs = try openOutputs(stem: isOneOfMany ? stem(header.path) : nil, rate: header.rate)
    try cycles(rate: header.rate, file: header.path, feeder, wavs) { reader.next($0, feeder.inputs) }
    for warning in file.warnings { options.warn("\(header.path): \(warning)") }
  }

  private func checkChannels(_ header: FileHeader, _ wanted: Int) throws {
    let graph = engine.graph.name
    if wanted == 0 {
      throw FileRunError(["the graph '\(graph)' makes its own sound and reads no files; run it without them"])
    }
    if header.channels < wanted {
      throw FileRunError([
        "\(header.path): has \(channels(header.channels)), the graph '\(graph)' listens to \(wanted) (\(listeners()))"
      ])
    }
    if header.channels > wanted, !hasNamedChannels {
      hasNamedChannels = true
      let left =
        wanted + 1 == header.channels ? "channel \(wanted + 1)" : "channels \(wanted + 1) to \(header.channels)"
      options.warn("\(header.path): the graph '\(graph)' listens to \(channels(wanted)), \(left) of the file left out")
    }
  }

  // MARK: Cycles

  /// Frames after which a run looks at the clock.
  private static let framesBetweenLooks = 2048

  /// Runs cycles until `next` has no more frames, or the run is cancelled; then ends the stream.
  private func cycles(
    rate: Int, file: String?, _ feeder: CycleFeeder, _ wavs: [OutputWav], next: (Int) -> Int
  ) throws {
    var index = 0
    var frames = next(options.periods.length(0))
    var unlooked = 0
    while frames > 0 {
      feeder.cycle(frames)
      for wav in wavs { try wav.write(feeder.outputs, frames: frames) }
      summary.frames += Int64(frames)
      summary.seconds += Double(frames) / Double(rate)
      unlooked += frames
      if unlooked >= Self.framesBetweenLooks {
        unlooked = 0
        lookAtClock(file)
      }
      if options.isCancelled() {
        summary.wasCancelled = true
        break
      }
      index += 1
      frames = next(options.periods.length(index))
    }
    engine.finishStream()
  }

  private func noteResult(of engine: Engine, _ file: String?, seconds: Double) {
    guard let node = engine.nodeWithoutOutput, !summary.wasCancelled else { return }
    summary.withoutResult.append(FileWithoutResult(path: file, seconds: seconds, node: node))
  }

  private func lookAtClock(_ file: String?) {
    guard progress.isDue else { return }
    engine.service()
    progress.show(file: file, summary)
  }

  private func openOutputs(stem: String?, rate: Int) throws -> [OutputWav] {
    guard let folder = options.outputFolder else { return [] }
    let ports = engine.externalOutputs
    try makeFolder(folder)
    for node in Set(ports.map(\.node)) {
      let path = outputPath(folder, stem, node)
      if let problem = outputs.problem(path) { throw AudioFileError(path: path, text: problem) }
      try OutputWav.check(path)
    }
    return try Set(ports.map(\.node)).sorted().map { node in
      try OutputWav(
        path: outputPath(folder, stem, node), rate: rate,
        outputs: ports.indices.filter { ports[$0].node == node })
    }
  }

  private func outputPath(_ folder: String, _ stem: String?, _ node: String) -> String {
    "\(folder)/\(stem.map { "\($0)." } ?? "")\(node).wav"
  }

  private func makeFolder(_ folder: String) throws(AudioFileError) {
    do {
      if try OutputFolder(of: folder + "/x").make() { options.warn("made the folder \(folder)") }
    } catch {
      throw AudioFileError(path: folder, text: error.description)
    }
  }

  private func finished() -> FileRunSummary {
    summary.elapsed = progress.elapsed
    return summary
  }

  // MARK: Words

  private func channels(_ count: Int) -> String { count == 1 ? "1 channel" : "\(count) channels" }

  private func listeners() -> String {
    var names: [String] = []
    for port in engine.externalInputs where !names.contains(port.node) { names.append(port.node) }
    return names.joined(separator: ", ")
  }

  /// "a/b.c.wav" -> "b.c"
  private func stem(_ path: String) -> String {
    let name = PathText.shown(path).split(separator: "/").last ?? ""
    return String(name.lastIndex(of: ".").map { $0 > name.startIndex ? name[..<$0] : name } ?? name)
  }
}
