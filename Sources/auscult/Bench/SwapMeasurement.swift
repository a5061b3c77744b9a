import GraphEngine
import GraphText

/// Measures every cycle of a graph while it changes again and again: between two graphs, by turns, without a pause.
///
/// Thread: the main one; workers run on it between the cycles, and so do the changes.
struct SwapMeasurement {
  /// Seconds that the old nodes stand by, so that changes follow one another soon.
  private static let probation = 0.1
  /// Cycles between two looks at the change in progress.
  private static let cyclesPerLook = 16

  let graphs: [Graph]
  let rate: Int
  let period: Int
  let seconds: Double

  struct Result {
    /// The cycles while a change was in progress, and all others.
    var during: [CycleTime] = []
    var between: [CycleTime] = []
    /// Changes that came to their end, and those that were given up.
    var done = 0
    var rolledBack = 0
    var all: [CycleTime] { during + between }
  }

  func run() throws -> Result {
    var options = EngineOptions()
    options.isRehearsal = true
    options.workerThreads = 0
    // Nodes that never come to a result would say so at the end of every measurement.
    options.log = { _, _, _ in }
    let driver = try HandDriver(Engine(graph: graphs[0], options: options), rate: rate)
    let engine = driver.engine
    let noise = try BenchSound(file: nil, rate: rate, seconds: 1).piece(
      from: 0, frames: Self.cyclesPerLook * period, channels: engine.externalInputs.count)
    var result = Result()
    let cycles = Int(seconds * Double(rate)) / period
    var (running, hasBegun, isChanging) = (0, false, false)
    // Not the first cycles, which touch memory for the first time.
    feed(driver, noise)
    driver.cycleTimed = { time in
      if isChanging { result.during.append(time) } else { result.between.append(time) }
    }
    while result.during.count + result.between.count < cycles {
      if !engine.isSwapping {
        if hasBegun, engine.swapStatus?.stage == .done {
          result.done += 1
          running = 1 - running
        } else if hasBegun, engine.swapStatus?.stage == .rolledBack {
          result.rolledBack += 1
        }
        let plan = try engine.apply(graphs[1 - running], options: Self.swapOptions)
        if plan.isEmpty { throw Failure("--swap changes nothing: the graph has this value already") }
        hasBegun = true
      }
      isChanging = engine.isSwapping
      feed(driver, noise)
      engine.service()
    }
    let status = engine.swapStatus
    driver.finish()
    let failed = engine.failedNodes.sorted()
    guard failed.isEmpty else {
      throw Failure("nothing was measured, because nodes failed: \(failed.joined(separator: ", "))")
    }
    if result.done + result.rolledBack == 0 {
      throw Failure(
        "no change came to its end: it was still \(status?.stage.rawValue ?? "without effect")",
        advice: "give it more sound by --seconds, or let a detector learn for a shorter time: --set judge.learn=0.5s")
    }
    return result
  }

  private func feed(_ driver: HandDriver, _ noise: [[Float]]) {
    if noise.isEmpty {
      driver.run(frames: Self.cyclesPerLook * period) { period }
    } else {
      driver.feed(noise, period: period)
    }
  }

  private static var swapOptions: SwapOptions {
    var options = SwapOptions()
    options.probation = probation
    // A swap is measured here, not judged.
    options.budget = .infinity
    return options
  }
}
