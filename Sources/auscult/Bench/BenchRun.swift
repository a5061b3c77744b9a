import GraphEngine
import GraphText

/// Runs a graph by hand on one thread and takes the time.
///
/// Two kinds of run: a plain one for the total, and one with time stamps around each node's call. The engine's own share
/// is what the cycles of the second take beyond the nodes and the stamps, in the median of many short batches: whatever
/// interrupts the program is in a few of them only.
struct BenchRun {
  private static let rounds = 3
  private static let cyclesPerBatch = 64
  let graph: Graph
  let sound: BenchSound
  let period: Int

  func measure() throws -> BenchFigures {
    let stamp = StampCost.measure()
    let plain = try (0..<Self.rounds).map { _ in try plainRun() }
    let measured = try measuredRun(stamp: stamp)
    let seconds = Double(sound.frames) / Double(sound.rate)
    return BenchFigures(
      sound: sound.name, rate: sound.rate, period: period, seconds: seconds, nodes: measured.nodes,
      cycleNanoseconds: plain.map(\.cycle).min() ?? 0, overheadNanoseconds: measured.overhead,
      stampNanoseconds: stamp, factor: seconds / (plain.map(\.processor).min() ?? 1),
      realtimeFactor: seconds / (plain.map(\.busy).min() ?? 1))
  }

  // MARK: Plain

  /// Nanoseconds of a cycle, seconds of all cycles, seconds of processor time.
  private func plainRun() throws -> (cycle: Double, busy: Double, processor: Double) {
    let driver = try makeDriver(isMeasured: false)
    let began = StampCost.processorSeconds()
    feed(driver) { _ in }
    driver.engine.drain()
    let processor = StampCost.processorSeconds() - began
    let statistics = driver.engine.statistics
    driver.finish()
    try check(driver.engine)
    let busy = Double(statistics.busyNanoseconds)
    return (busy / Double(max(1, statistics.cycles)), busy / 1e9, processor)
  }

  // MARK: Measured

  private func measuredRun(stamp: Double) throws -> (nodes: [BenchFigures.Node], overhead: Double) {
    let driver = try makeDriver(isMeasured: true)
    let descriptions = driver.engine.describe()
    let isRealtime = descriptions.map { $0.placement == "realtime" }
    var before = driver.engine.statistics
    var overheads: [Double] = []
    feed(driver) { engine in
      let after = engine.statistics
      overheads.append(overhead(from: before, to: after, isRealtime, stamp))
      before = after
    }
    driver.engine.drain()
    let statistics = driver.engine.statistics
    driver.finish()
    let cycles = Double(max(1, statistics.cycles))
    let nodes = zip(descriptions, statistics.nodes).map { description, node in
      BenchFigures.Node(
        name: node.name, className: description.className, placement: description.placement,
        nanosecondsPerCycle: max(0, Double(node.nanoseconds) - stamp * Double(node.calls)) / cycles)
    }
    return (nodes, overheads.sorted()[overheads.count / 2])
  }

  /// Of a batch, for each call of a node on the realtime thread. Of the two stamps around a call, one reading lies within
  /// the time that it gives and one outside; of those around a cycle, one within.
  private func overhead(
    from before: EngineStatistics, to after: EngineStatistics, _ isRealtime: [Bool], _ stamp: Double
  ) -> Double {
    var calls: Int64 = 0
    var inside: Int64 = 0
    for index in isRealtime.indices where isRealtime[index] {
      calls += after.nodes[index].calls - before.nodes[index].calls
      inside += after.nodes[index].nanoseconds - before.nodes[index].nanoseconds
    }
    let outside = Double(after.busyNanoseconds - before.busyNanoseconds - inside)
    let stamps = stamp * Double(calls + after.cycles - before.cycles)
    return (outside - stamps) / Double(max(1, calls))
  }

  // MARK: Driving

  private func makeDriver(isMeasured: Bool) throws -> HandDriver {
    var options = EngineOptions()
    options.isMeasured = isMeasured
    options.workerThreads = 0
    options.log = EngineLog(.plain).receive
    let driver = try HandDriver(Engine(graph: graph, options: options), rate: sound.rate)
    let wanted = driver.engine.externalInputs.count
    if let channels = sound.channels, channels < wanted {
      throw Failure("\(sound.name): has \(Quantity.count(channels, "channel")), the graph listens to \(wanted)")
    }
    return driver
  }

  /// Feeds everything, and calls back after each batch of cycles.
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

  private func check(_ engine: Engine) throws(Failure) {
    let failed = engine.failedNodes.sorted()
    if !failed.isEmpty { throw Failure("nodes failed, so that nothing was measured: \(failed.joined(separator: ", "))") }
  }
}
