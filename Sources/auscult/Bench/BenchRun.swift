import GraphEngine
import GraphText

/// Runs a graph by hand on one thread and measures the time.
///
/// There are plain runs, for the total, and runs with time stamps around each call of a node. All runs do the same work in
/// the same batches of cycles. For every batch the shortest time of any run counts, because interruptions only add time.
/// The engine's own time is the time of the plain runs minus that of the nodes.
struct BenchRun {
  private static let rounds = 5
  private static let cyclesPerBatch = 64
  let graph: Graph
  let sound: BenchSound
  let period: Int
  /// A folder for files of the measurement.
  let folder: String

  func measure() throws -> BenchFigures {
    let stamp = StampCost.measure()
    let before = ResidentMemory.now()
    var plain: [BenchTimes] = []
    var stamped: [BenchTimes] = []
    for _ in 0..<Self.rounds {
      plain.append(try run(isMeasured: false))
      stamped.append(try run(isMeasured: true))
    }
    // After the other runs, because it makes threads, and their memory stays.
    let cost = RunCost(graph: graph, sound: sound, period: period, folder: folder)
    var result = figures(
      BenchTimes.least(plain), BenchTimes.least(stamped), stamp: stamp,
      run: try cost.measure(channels: plain[0].channels))
    result.residentMemory = plain[0].resident
    result.addedMemory = max(0, plain[0].resident - before)
    return result
  }

  /// - Parameter stamp: nanoseconds of one clock reading: the measured time of a call, or of a cycle, contains one.
  private func figures(
    _ plain: BenchTimes, _ stamped: BenchTimes, stamp: Double, run: RunCost.Figures
  ) -> BenchFigures {
    let cycles = Double(max(1, plain.cycles))
    let seconds = Double(sound.frames) / Double(sound.rate)
    let nodes = stamped.nodes.map { node in
      BenchFigures.Node(
        name: node.name, className: node.className, placement: node.placement,
        nanosecondsPerCycle: max(0, node.nanoseconds - stamp * Double(node.calls)) / cycles)
    }
    return BenchFigures(
      sound: sound.name, rate: sound.rate, period: period, seconds: seconds, nodes: nodes,
      cycleNanoseconds: plain.busy / cycles - stamp, cycleTimes: plain.cycleTimes,
      overheadNanoseconds: overhead(plain, stamped, stamp: stamp), stampNanoseconds: stamp, run: run, residentMemory: 0,
      addedMemory: 0, factor: seconds / plain.processorSeconds, realtimeFactor: seconds * 1e9 / plain.busy)
  }

  /// Nanoseconds per call of a node on the realtime thread: the median of the batches, because a few disturbed batches
  /// would dominate a small difference of large numbers.
  private func overhead(_ plain: BenchTimes, _ stamped: BenchTimes, stamp: Double) -> Double {
    let realtime = stamped.nodes.filter { $0.placement == "realtime" }
    let overheads = plain.batches.indices.compactMap { batch -> Double? in
      let cycles = plain.batches[batch].cycles
      let calls = realtime.reduce(0) { $0 + $1.batches[batch].calls }
      guard calls > 0 else { return nil }
      let nodes = realtime.reduce(0) { $0 + $1.batches[batch].nanoseconds } - stamp * Double(calls)
      return (plain.batches[batch].nanoseconds - stamp * Double(cycles) - nodes) / Double(calls)
    }
    return overheads.isEmpty ? 0 : overheads.sorted()[overheads.count / 2]
  }

  // MARK: One run

  private func run(isMeasured: Bool) throws -> BenchTimes {
    let driver = try makeDriver(isMeasured: isMeasured)
    var times = BenchTimes(driver.engine.describe())
    let began = StampCost.processorSeconds()
    feed(driver) { times.add($0.statistics) }
    driver.engine.drain()
    times.processorSeconds = StampCost.processorSeconds() - began
    times.add(driver.engine.statistics)
    times.channels = driver.engine.externalInputs.count
    times.resident = ResidentMemory.now()
    driver.finish()
    let failed = driver.engine.failedNodes.sorted()
    guard failed.isEmpty else {
      throw Failure("nothing was measured, because nodes failed: \(failed.joined(separator: ", "))")
    }
    return times
  }

  private func makeDriver(isMeasured: Bool) throws -> HandDriver {
    var options = EngineOptions()
    options.isMeasured = isMeasured
    options.isRehearsal = true
    options.workerThreads = 0
    options.log = EngineLog(.plain).receive
    let driver = try HandDriver(Engine(graph: graph, options: options), rate: sound.rate)
    let wanted = driver.engine.externalInputs.count
    if let channels = sound.channels, channels < wanted {
      throw Failure("\(sound.name): has \(Quantity.count(channels, "channel")), the graph listens to \(wanted)")
    }
    return driver
  }

  /// Feeds all sound, and calls back after each batch of cycles.
  private func feed(_ driver: HandDriver, batch: (Engine) -> Void) {
    let channels = driver.engine.externalInputs.count
    let noise = sound.channels == nil ? sound.piece(from: 0, frames: batchFrames, channels: channels) : nil
    var done = 0
    while done < sound.frames {
      let frames = min(batchFrames, sound.frames - done)
      if channels == 0 {
        driver.run(frames: frames) { period }
      } else if let noise, frames == batchFrames {
        driver.feed(noise, period: period)
      } else {
        driver.feed(sound.piece(from: done, frames: frames, channels: channels), period: period)
      }
      done += frames
      batch(driver.engine)
    }
  }

  private var batchFrames: Int { Self.cyclesPerBatch * period }
}
