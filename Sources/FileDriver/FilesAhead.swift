import GraphEngine
import GraphText
import TextEscapes

/// Runs the files of a run on all cores: each on an engine of its own, ahead of its turn. The sinks get the files in
/// their order.
///
/// Thread: the run's.
final class FilesAhead {
  /// Engines for each job: a job that has finished early waits for its turn, and its core takes the next file.
  private static let enginesPerJob = 3

  private let owner: Engine
  private let options: FileRunOptions
  private let headers: [FileHeader]
  private let board: JobBoard
  private let log: AheadLog.Common
  private let mostEngines: Int
  private var engines: [AheadEngine] = []
  private var idle: [AheadEngine] = []
  private var jobs: [Int: FileJob] = [:]
  /// The first file that has no job yet.
  private var next = 0
  /// What followers need at each rate; nil: there are no followers at this rate.
  private var formats: [Int: Engine.SinkFormats?] = [:]

  /// Nil: the files run one after the other.
  init?(_ owner: Engine, _ options: FileRunOptions, _ headers: [FileHeader]) {
    guard options.jobs > 1, headers.count > 1, options.outputFolder == nil, Engine.canRunAhead(owner.graph) else {
      return nil
    }
    self.owner = owner
    self.options = options
    self.headers = headers
    board = JobBoard(slots: options.jobs)
    log = AheadLog.Common(owner.options.log)
    mostEngines = min(headers.count, Self.enginesPerJob * options.jobs)
  }

  deinit { giveUp() }

  /// Nodes that failed in any engine.
  var failedNodes: Set<String> { engines.reduce(into: []) { $0.formUnion($1.engine?.failedNodes ?? []) } }

  /// The job of a file whose turn comes next; nil: run the file in the ordinary way. Starts further jobs.
  ///
  /// No sink is active when this is called.
  func job(_ index: Int) -> FileJob? {
    learn(headers[index].rate)
    next = max(next, index)
    while next < headers.count, let formats = formats[headers[next].rate] ?? nil, let engine = freeEngine(formats) {
      let job = FileJob(headers[next], engine, formats, options, board)
      jobs[next] = job
      job.start()
      next += 1
    }
    guard let job = jobs.removeValue(forKey: index) else { return nil }
    if job.becomeNext() { return job }
    release(job)
    return nil
  }

  /// Lets a job finish: opens its sinks, and waits for it.
  ///
  /// - Parameter look: called every few milliseconds.
  /// - Returns: false if a sink could not be opened: run the file in the ordinary way, for the error.
  func finish(_ job: FileJob, look: () -> Void) -> Bool {
    owner.setStart(job.recordingStart)
    do {
      try job.ahead.engine?.openSinks(file: PathText.shown(job.header.path))
    } catch {
      job.giveUp()
      board.wait { job.isDone }
      return false
    }
    defer {
      owner.setFile(nil)
      release(job)
    }
    if let warning = job.timeWarning { options.warn("\(job.header.path): \(warning)") }
    job.ahead.log.begin()
    job.giveTurn()
    look()
    while !board.wait(seconds: 0.02, until: { job.isDone }) {
      look()
      owner.lookForLateNodes()
    }
    return true
  }

  /// Ends all jobs.
  func giveUp() {
    for job in jobs.values { job.giveUp() }
    for job in jobs.values { board.wait { job.isDone } }
    jobs = [:]
  }

  /// Asks the sinks for their formats at a rate: only when the rate's turn comes, as in a run of one file after the other.
  private func learn(_ rate: Int) {
    guard formats[rate] == nil else { return }
    let engine = idle.popLast() ?? newEngine()
    formats[rate] = .some(try? engine.make().sinkFormats(rate: rate))
    engine.log.end()
    idle.append(engine)
  }

  private func freeEngine(_ formats: Engine.SinkFormats) -> AheadEngine? {
    if let engine = idle.popLast() { return engine }
    // All engines together take at most a half of the memory that one may take.
    let most = min(mostEngines, owner.options.memory.bytes / 2 / max(1, formats.memory))
    return engines.count < most ? newEngine() : nil
  }

  private func newEngine() -> AheadEngine {
    let engine = AheadEngine(of: owner, AheadLog(log, engine: engines.count))
    engines.append(engine)
    return engine
  }

  private func release(_ job: FileJob) {
    job.ahead.log.end()
    idle.append(job.ahead)
  }
}
