import GraphEngine
import Synchronization
import SystemCalls
import TextEscapes

/// One file that an engine of its own processes on a thread of its own, ahead of its turn.
///
/// Whatever is unusual before the turn (a file that has changed, a node that can't be prepared) makes the job unfit: the
/// run then processes the file in the ordinary way, with the ordinary error.
final class FileJob: @unchecked Sendable {
  /// Cycles between two calls of `Engine.service`.
  private static let cyclesPerService = 256

  let header: FileHeader
  let ahead: AheadEngine
  private let formats: Engine.SinkFormats
  private let periods: PeriodPlan
  private let times: RecordingTimeRules
  private let board: JobBoard
  /// Frames processed so far.
  let frames = Atomic<Int64>(0)
  private let mustEnd = Atomic<Bool>(false)
  private let isGivenUp = Atomic<Bool>(false)
  // Under the board's lock.
  private(set) var isPrepared = false
  private(set) var isDone = false
  private(set) var isUnfit = false
  /// The files before it are done: it needs no slot, and the run waits for it.
  private var isNext = false
  private var hasTurn = false
  // After `isPrepared`.
  private(set) var inputCount = 0
  /// Nanoseconds since the Unix epoch of the file's first sample; nil: not known.
  private(set) var recordingStart: Int64?
  private(set) var timeWarning: String?
  // After `isDone`.
  private(set) var warnings: [String] = []

  init(
    _ header: FileHeader, _ ahead: AheadEngine, _ formats: Engine.SinkFormats, _ options: FileRunOptions,
    _ board: JobBoard
  ) {
    self.header = header
    self.ahead = ahead
    self.formats = formats
    // Not all of the options: a job may outlive the call whose closures they hold.
    periods = options.periods
    times = options.times
    self.board = board
  }

  func start() {
    if !BackgroundThread.start("auscult-file", { [self] in run() }) { end(isUnfit: true) }
  }

  /// All files before it are done. Waits until it is prepared.
  ///
  /// - Returns: false if it can't be: run the file in the ordinary way.
  func becomeNext() -> Bool {
    board.change { isNext = true }
    var isFit = true
    board.wait { [self] in
      isFit = !isUnfit
      return isPrepared || isDone
    }
    return isFit
  }

  /// Its turn has come, and its sinks are open.
  func giveTurn() { board.change { hasTurn = true } }

  /// Ends the file after the present cycle, as at its end.
  func endSoon() { mustEnd.store(true, ordering: .relaxed) }

  /// Ends the job without results. Its engine can't be used again.
  func giveUp() {
    isGivenUp.store(true, ordering: .sequentiallyConsistent)
    // It may be waiting for room in the queue of a sink, which never opens.
    ahead.engine?.endBy(seconds: 0)
    board.change {}
  }

  // MARK: On its own thread

  private func run() {
    do {
      let engine = try ahead.make()
      let hasSlot = board.takeSlot { [self] in isNext || isGivenUp.load(ordering: .relaxed) }
      defer { if hasSlot { board.giveSlot() } }
      try process(engine)
    } catch {
      ahead.engine?.stop()
      return end(isUnfit: true)
    }
    guard let engine = ahead.engine else { return }
    board.wait { [self] in hasTurn || isGivenUp.load(ordering: .relaxed) }
    if isGivenUp.load(ordering: .relaxed) { engine.stop() } else { engine.finishStream() }
    engine.setFile(nil)
    end(isUnfit: false)
  }

  private func end(isUnfit: Bool) {
    board.change {
      self.isUnfit = isUnfit
      isDone = true
    }
  }

  private func process(_ engine: Engine) throws {
    try engine.prepareAhead(formats, seconds: header.seconds + 1)
    let feeder = CycleFeeder(engine, longest: periods.longest)
    let file = try header.open()
    guard feeder.inputCount > 0, feeder.inputCount <= header.channels else {
      throw FileRunError(["\(header.path): does not fit the graph"])
    }
    let start = times.time(of: file) { [self] in timeWarning = $0 }?.start
    engine.setFile(PathText.shown(header.path))
    engine.setStart(start)
    let reader = PlanarReader(file, channels: feeder.inputCount, longest: periods.longest)
    board.change {
      inputCount = feeder.inputCount
      recordingStart = start
      isPrepared = true
    }
    var index = 0
    while !isGivenUp.load(ordering: .relaxed) {
      let count = reader.next(periods.length(index), feeder.inputs)
      if count == 0 { break }
      feeder.cycle(count)
      frames.add(Int64(count), ordering: .relaxed)
      index += 1
      if index % Self.cyclesPerService == 0 { engine.service() }
      if mustEnd.load(ordering: .relaxed) { break }
    }
    engine.catchUp { [self] in !isGivenUp.load(ordering: .relaxed) }
    warnings = file.warnings
  }
}
