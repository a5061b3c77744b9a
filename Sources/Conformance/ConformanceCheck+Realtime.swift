import CConformance
import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let realtime = ConformanceCheck(
    "realtime",
    """
    process and reset of a hard class allocate nothing, take no lock and make no system call.
    """
  ) { trial in
    guard trial.nodeClass.isHard else { throw Trial.Skip("it is not hard: it runs on workers") }
    let arrangement = try trial.arrangement()
    let session = WatchedRun(try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement))
    let report = session.run()
    if let failure = session.failure { trial.find(failure) }
    let kinds = ["allocates or frees memory", "takes locks", "makes system calls"]
    for (kind, words) in kinds.enumerated() {
      let (count, first) = report.entry(kind)
      if count > 0 { trial.find("process or reset \(words): \(count) times, first by \(first)") }
    }
    if report.sees_functions == 0 { trial.note("this system does not let the calls of functions be watched") }
    if report.sees_system_calls == 0 { trial.note("this system does not let system calls be watched (seccomp)") }
  }

  static let time = ConformanceCheck(
    "time",
    """
    Reports how long process takes for a call and for a token; judges nothing.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    let feeder = Feeder(try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement))
    var times: [Double] = []
    var tokens = 0
    feeder.rig.caller = { functions, instance, cycle in
      let began = clockSeconds()
      let status = functions.pointee.process(instance, cycle)
      times.append(clockSeconds() - began)
      tokens += (0..<Int(cycle.pointee.output_count)).reduce(0) { sum, index in
        let block = cycle.pointee.outputs[index]!.pointee
        return sum + Int(block.count)
      }
      return status
    }
    let length = min(256, arrangement.quantum)
    try feeder.feed(.even(length))
    let total = times.reduce(0, +)
    let micro = { (seconds: Double) in "\((seconds * 1e7).rounded() / 10) us" }
    trial.note(
      "\(times.count) calls of \(length) frames: \(micro(total / Double(max(1, times.count)))) on average, "
        + "\(micro(times.max() ?? 0)) at worst"
        + (tokens > 0 ? "; \(micro(total / Double(tokens))) for each of \(tokens) tokens" : ""))
  }
}

/// Runs a node on a thread that may not allocate, lock or call the system. All blocks are made before.
private final class WatchedRun {
  private let rig: NodeRig
  /// Holds what the calls point to.
  private let feeder: Feeder
  private let calls: [RigCall]
  private(set) var failure: String?

  init(_ rig: NodeRig, _ arrangement: Arrangement, _ stimulus: Stimulus) {
    self.rig = rig
    let feeder = Feeder(rig, arrangement, stimulus)
    var calls: [RigCall] = []
    let cut = Cut.even(min(256, arrangement.quantum))
    for length in cut.lengths(stimulus.frames, quantum: arrangement.quantum).prefix(64) {
      calls.append(feeder.prepare(length))
    }
    (self.feeder, self.calls) = (feeder, calls)
  }

  func run() -> watch_report {
    var report = watch_report()
    guard watch_install() >= 0 else { return report }
    watch_run(
      { context in Unmanaged<WatchedRun>.fromOpaque(context!).takeUnretainedValue().work() },
      Unmanaged.passUnretained(self).toOpaque(), &report)
    return report
  }

  /// On the watched thread. Allocates nothing between the marks.
  private func work() {
    let functions = rig.nodeClass.native
    let instance = rig.instance!
    var status = AUSCULT_OK
    for (index, call) in calls.enumerated() {
      watch_begin()
      status = functions.pointee.process(instance, call.cycle)
      if index == calls.count / 2 { functions.pointee.reset?(instance) }
      watch_end()
      if status != AUSCULT_OK { break }
      // The first call may bind what the loader binds late. It is watched for allocations and locks alone.
      if index == 0 { watch_refuse_system_calls() }
    }
    hasFailed = status != AUSCULT_OK
  }

  private var hasFailed = false {
    didSet { if hasFailed { failure = "process fails" } }
  }
}

extension watch_report {
  /// The number of calls of a kind, and the name of the first.
  fileprivate func entry(_ kind: Int) -> (UInt64, String) {
    let numbers = [counts.0, counts.1, counts.2]
    let text = withUnsafeBytes(of: first) { bytes in
      let one = bytes.dropFirst(48 * kind).prefix(48)
      return String(decoding: one.prefix { $0 != 0 }, as: UTF8.self)
    }
    return (numbers[kind], text)
  }
}
