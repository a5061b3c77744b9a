import GraphEngine
import GraphText

/// Finds how many machines one core carries: raises the channels of the graph's sources until a cycle no longer fits.
///
/// A number of machines holds while 99.9 % of the cycles on the realtime thread take no more than the period, and the
/// whole graph, workers included, takes no more than the sound lasts. Both are processor time: other programs that run
/// meanwhile take the core, but do not count.
struct MachineSearch {
  /// Cycles of each measurement, of which one in a thousand may be late.
  private static let cycles = 2000
  /// Measurements of a number whose cycles are late, although the core has time: interrupts and what other programs left
  /// of the caches still count.
  private static let attempts = 3
  /// The search ends when the answer is known to one part in this many.
  private static let precision = 16
  /// The most channels that one source can have.
  private static let mostChannels = 1024

  let graph: RaisedGraph
  let rate: Int
  let period: Int

  /// One measurement.
  struct Load {
    var machines: Int
    /// Processor time of a cycle on the realtime thread that 99.9 % do not exceed, as a share of the period.
    var latePart: Double
    /// Processor time of all threads as a share of the sound's time.
    var processor: Double
    /// Bytes beyond those before the graph was made.
    var memory: Int

    var holds: Bool { latePart <= 1 && processor <= 1 }
  }

  struct Result {
    /// By the number of machines.
    var loads: [Load] = []
    /// Why larger numbers could not be tried; nil: they were too slow.
    var limit: String?

    /// The largest number of machines that holds.
    var best: Load? { loads.last(where: \.holds) }
  }

  func run() throws -> Result {
    var result = Result()
    var (holds, fails) = (0, Self.mostChannels / graph.machines + 1)
    while fails - holds > max(1, holds / Self.precision) {
      // Doubles until one number fails, then halves the stretch between.
      let isDoubling = result.limit == nil && result.loads.allSatisfy(\.holds)
      let factor = isDoubling ? min(max(1, 2 * holds), fails - 1) : (holds + fails) / 2
      do {
        let load = try leastDisturbed(factor)
        result.loads.append(load)
        if load.holds { holds = factor } else { fails = factor }
      } catch let error as DiagnosticsError where factor > 1 {
        result.limit = error.diagnostics.first?.message
        fails = factor
      }
    }
    result.loads.sort { $0.machines < $1.machines }
    if result.loads.allSatisfy(\.holds), result.limit == nil {
      result.limit = "a source has at most \(Self.mostChannels) channels"
    }
    return result
  }

  /// Interruptions only add time, so the shortest measurement counts.
  private func leastDisturbed(_ factor: Int) throws -> Load {
    var best = try measure(factor)
    for _ in 1..<Self.attempts where best.latePart > 1 && best.processor <= 1 {
      let next = try measure(factor)
      if next.latePart < best.latePart { best = next }
    }
    return best
  }

  private func measure(_ factor: Int) throws -> Load {
    let before = ResidentMemory.now()
    var options = EngineOptions()
    options.isRehearsal = true
    options.workerThreads = 0
    options.log = { _, _, _ in }
    let driver = try HandDriver(Engine(graph: try graph.times(factor), options: options), rate: rate)
    let channels = driver.engine.externalInputs.count
    let sound = try BenchSound(file: nil, rate: rate, seconds: 1)
    let batch = sound.piece(from: 0, frames: 64 * period, channels: channels)
    // Not the first cycles, which touch memory for the first time.
    driver.feed(batch, period: period)
    var times: [Int64] = []
    driver.cycleTimed = { times.append($0.processor) }
    let began = StampCost.processorSeconds()
    while times.count < Self.cycles { driver.feed(batch, period: period) }
    driver.engine.drain()
    let seconds = StampCost.processorSeconds() - began
    let memory = max(0, ResidentMemory.now() - before)
    driver.finish()
    let failed = driver.engine.failedNodes.sorted()
    guard failed.isEmpty else {
      throw Failure("nothing was measured, because nodes failed: \(failed.joined(separator: ", "))")
    }
    let length = Double(period) / Double(rate)
    return Load(
      machines: factor * graph.machines, latePart: Double(CycleQuantiles(of: times).p999) / 1e9 / length,
      processor: seconds / (Double(times.count) * length), memory: memory)
  }
}
