import CConformance
import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let bounds = ConformanceCheck(
    "bounds",
    """
    process reads and writes nothing before the begin or past the end of its blocks: they lie beside pages that \
    nobody may touch; and it yields no more tokens than it declares.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    for isAtEnd in [true, false] {
      let feeder = Feeder(try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement))
      let guards = Guards(atEnd: isAtEnd)
      feeder.guards = guards
      var isCaught = false
      guards.watch(feeder.rig) {
        isCaught = true
        trial.find($0)
      }
      do { try feeder.feed(.aligned(trial.random.next())) } catch let failure as NodeRig.Failure where !isCaught {
        trial.find("\(failure)")
      } catch _ as NodeRig.Failure {
        // After a fault, the node's state is not known: it must not be called again.
        _ = Unmanaged.passRetained(feeder)
        return
      }
    }
    // Again with fences, which see a write into the next tokens.
    let feeder = Feeder(try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement))
    feeder.rig.checksFences = true
    do { try feeder.feed(trial.cut()) } catch let failure as NodeRig.Failure { trial.find("\(failure)") }
  }

  static let unwritten = ConformanceCheck(
    "unwritten",
    """
    Every value of a token that process yields is written: the blocks are filled with a pattern before.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    guard !trial.nodeClass.outputs.isEmpty else { throw Trial.Skip("it has no outputs") }
    let feeder = try trial.run(arrangement, trial.stimulus(arrangement), cut: trial.cut())
    for (index, output) in feeder.outputs.enumerated() where output.isUnwritten {
      trial.find("output '\(trial.nodeClass.outputs[index].name)': values of a token are not written")
    }
    trial.noteNoTokens(feeder)
  }

  static let leaks = ConformanceCheck(
    "leaks",
    """
    200 rounds of create, configure, activate, process, deactivate and destroy leave no memory, no open files and no \
    threads behind.
    """, limit: 60
  ) { trial in
    let arrangement = try trial.arrangement()
    var short = arrangement
    short.frames = min(short.frames, 4 * short.quantum)
    let stimulus = trial.stimulus(short)
    let round = { _ = try trial.run(short, stimulus, cut: .even(short.quantum)) }
    let rounds = try trial.rounds(within: 2, most: 200, round)
    guard rounds >= 10 else { throw Trial.Skip("a round takes too long to make many") }
    var marks: [Usage] = []
    // The first part fills stores.
    for part in [rounds / 5, 2 * rounds / 5, 2 * rounds / 5] {
      try Trial.onThread { for _ in 0..<part { try round() } }
      marks.append(Usage())
    }
    for (index, name) in ["bytes of memory", "open files", "threads"].enumerated() {
      let counts = marks.map { $0.counts[index] }
      let (first, second) = (counts[1] - counts[0], counts[2] - counts[1])
      // What grows in one part only is a store that fills up once.
      let least = (index == 0 ? 16 : 1) * (2 * rounds / 5)
      if first >= least, second >= least {
        trial.find("\(4 * rounds / 5) rounds leave \(first + second) \(name) behind")
      }
    }
  }
}

/// What a process holds: bytes of malloc, descriptors, threads.
private struct Usage {
  let counts: [Int]

  init() { counts = [Int(clamping: allocated_bytes()), entries("/proc/self/fd"), entries("/proc/self/task")] }
}

extension Trial {
  func noteNoTokens(_ feeder: Feeder) {
    if !feeder.outputs.isEmpty, feeder.outputs.allSatisfy({ $0.count == 0 }) {
      note("the node yielded no token for this input, so little was checked")
    }
  }

  /// As many rounds as fit in some seconds, in multiples of 5. The first fills stores; the second is timed.
  fileprivate func rounds(within seconds: Double, most: Int, _ body: () throws -> Void) throws -> Int {
    try body()
    let began = clockSeconds()
    try body()
    return min(most, Int(seconds / max(1e-6, clockSeconds() - began))) / 5 * 5
  }

  /// Runs the body on a thread of its own, whose memory is settled when it ends.
  fileprivate static func onThread(_ body: () throws -> Void) throws {
    try withoutActuallyEscaping(body) { body in
      let work = Work(body)
      let code = run_on_thread(
        { Unmanaged<Work>.fromOpaque($0!).takeUnretainedValue().run() }, Unmanaged.passUnretained(work).toOpaque())
      guard code == 0 else { throw Skip("no thread can be started") }
      if let error = work.error { throw error }
    }
  }
}

private final class Work {
  private let body: () throws -> Void
  private(set) var error: (any Error)?

  init(_ body: @escaping () throws -> Void) { self.body = body }

  func run() { do { try body() } catch { self.error = error } }
}
