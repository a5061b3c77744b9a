import FoundationEssentials
import Glibc
import LiveControl
import RunControl
import SystemCalls
import TextEscapes
import Training

/// The steps of `auscult accept` after the sound is there: a candidate is learned beside the watch, judges the accepted
/// sound and the confirmed alarms, runs in the shadow of the present detector, and takes over.
struct AcceptanceTrial {
  let console: Console
  let run: LearningRun
  /// Path of the candidate's model.
  let candidate: String
  /// Sets the thresholds; nil: the rule that set the present ones.
  let rule: ThresholdRule?
  private let work: LongWork

  init(_ console: Console, _ run: LearningRun, candidate: String, rule: ThresholdRule?) {
    (self.console, self.run, self.candidate) = (console, run, candidate)
    self.rule = rule ?? run.rule
    work = LongWork(console)
  }

  /// Ctrl-C ends the whole command: half a candidate is none.
  private var callbacks: WorkCallbacks {
    var callbacks = work.callbacks
    callbacks.isEnding = { false }
    callbacks.fitting = { _ in }
    return callbacks
  }

  var isCancelled: Bool { work.callbacks.isCancelled() }

  // MARK: Learning

  /// Learns from all normal sound.
  func learn(_ set: RecordingSet) throws {
    giveWay()
    var options = TrainingRun.Options()
    options.rule = rule
    options.seed = run.header.seed
    _ = try work.run { _ in
      try TrainingRun(run.forRecordings, node: run.node, options: options, callbacks: callbacks).run(
        set, output: candidate)
    }
  }

  /// Only sets the thresholds anew, on the sound that the present model has not learned from.
  func calibrate(_ set: RecordingSet) throws {
    giveWay()
    let learned = LearnedSound(run.header)
    var set = set
    set.recordings = try Failure.wording {
      try set.recordings.filter { !learned.contains(try SoundDigest.of($0.path)) }
    }
    guard !set.recordings.isEmpty else { throw Failure("the present model has learned from all this sound already") }
    _ = try work.run { _ in
      try CalibrationRun(run.forRecordings, node: run.node, rule: rule, isForced: false, callbacks: callbacks).run(
        set, output: candidate)
    }
  }

  /// From now on the watch comes first.
  private func giveWay() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 19) }

  // MARK: Judging

  /// The recordings that make a model raise an alarm.
  func raising(_ recordings: [Recording], model: String) throws -> Set<Int> {
    try work.run { _ in
      try AlarmCheck(run.forRecordings, node: run.node, callbacks: callbacks).raising(
        recordings, model: model, what: "judging")
    }
  }

  // MARK: Shadow

  /// How many alarms the present detector and the candidate raised on the same sound.
  struct Comparison {
    var present: Int64
    var candidate: Int64
    var compared: Int64
    /// As `auscult shadow status` prints it.
    var text: String
  }

  /// Runs the candidate in the shadow for some seconds. Whatever happens, no candidate stays behind.
  func shadow(seconds: Double) throws -> Comparison {
    var request = ChangeRequest(.shadow)
    (request.node, request.values) = (run.node, ["model=\(candidate)"])
    request.folder = FileManager.default.currentDirectoryPath
    guard try RunLookup.client(run.name, { try ChangeClient($0, isJSON: false, isQuiet: true).follow(request) }) else {
      throw Failure("the candidate can't run beside '\(run.node)'")
    }
    do {
      return try compare(seconds: seconds)
    } catch {
      console.endProgress()
      discard()
      throw error
    }
  }

  private func compare(seconds: Double) throws -> Comparison {
    let began = ContinuousClock.now
    var report: JSONValue?
    let isCancelled = try Polling.wait(seconds: seconds, every: .milliseconds(500)) {
      report = try RunLookup.client(run.name) { try $0.call("status") }["swap"].flatMap {
        $0["stage"] == "shadowing" ? $0["shadow"] : nil
      }
      guard report != nil else {
        throw Failure("the candidate has ended before its time: another command, or an error in it, ended it")
      }
      let passed = Double((ContinuousClock.now - began).components.seconds)
      console.progress("in the shadow for \(Quantity.seconds(passed)) of \(Quantity.seconds(seconds))")
      return self.isCancelled
    }
    console.endProgress()
    if isCancelled { throw Failure("interrupted") }
    guard let report else { throw Failure("'\(run.name)' gave a broken answer") }
    let alarms = { (side: String) in report[side]?["alarms"]?.integer ?? 0 }
    return Comparison(
      present: alarms("present"), candidate: alarms("candidate"), compared: report["compared"]?.integer ?? 0,
      text: ShadowText(report).text)
  }

  /// Ends the candidate, if it still runs.
  func discard() {
    _ = try? RunLookup.client(run.name) {
      try ChangeClient($0, isJSON: false, isQuiet: true).follow(ChangeRequest(.discard))
    }
  }

  /// Lets the candidate take over, and waits until it has proved itself: if it fails in its first seconds, the present
  /// detector returns.
  ///
  /// - Returns: the frame position from which on it judges, and the generation.
  func promote() throws -> (position: Int64, generation: Int64) {
    guard
      try RunLookup.client(
        run.name, { try ChangeClient($0, isJSON: false, isQuiet: true).follow(ChangeRequest(.promote)) })
    else {
      throw Failure("the candidate could not take over")
    }
    let swap = try RunLookup.settled(run.name)
    guard swap["stage"] == "done" else {
      throw Failure(
        "the candidate took over and failed: \(swap["reason"]?.text ?? "it did not become ready"); the previous detector "
          + "judges again")
    }
    return (swap["exchange_position"]?.integer ?? 0, swap["generation"]?.integer ?? 0)
  }
}
