import GraphEngine

/// The times of one run, batch by batch.
struct BenchTimes {
  /// Time in a node's calls, or in cycles, in one batch; stamps included.
  struct Batch {
    var nanoseconds: Double
    /// Calls of the node.
    var calls: Int64 = 0
    /// Cycles of the driver.
    var cycles: Int64 = 0
  }

  struct Node {
    var name: String
    var className: String
    var placement: String
    var batches: [Batch] = []

    var nanoseconds: Double { batches.reduce(0) { $0 + $1.nanoseconds } }
    var calls: Int64 { batches.reduce(0) { $0 + $1.calls } }
  }

  var nodes: [Node]
  /// The batches of cycles.
  private(set) var batches: [Batch] = []
  /// Processor time of the whole process, in seconds.
  var processorSeconds = 0.0
  private(set) var cycleTimes = CycleQuantiles()
  /// Channels that the graph listens to.
  var channels = 0
  /// Bytes that were resident at the end.
  var resident = 0
  private var last: EngineStatistics?

  /// Nanoseconds of all cycles.
  var busy: Double { batches.reduce(0) { $0 + $1.nanoseconds } }
  var cycles: Int64 { batches.reduce(0) { $0 + $1.cycles } }

  init(_ descriptions: [NodeDescription]) {
    nodes = descriptions.map { Node(name: $0.name, className: $0.className, placement: $0.placement) }
  }

  /// Ends a batch. The last batch is the work of the worker threads after the last cycle.
  mutating func add(_ now: EngineStatistics) {
    let busy = now.busyNanoseconds - (last?.busyNanoseconds ?? 0)
    batches.append(Batch(nanoseconds: Double(busy), cycles: now.cycles - (last?.cycles ?? 0)))
    for (index, node) in now.nodes.enumerated() {
      let before = last?.nodes[index]
      let nanoseconds = node.nanoseconds - (before?.nanoseconds ?? 0)
      nodes[index].batches.append(Batch(nanoseconds: Double(nanoseconds), calls: node.calls - (before?.calls ?? 0)))
    }
    cycleTimes = now.cycleTimes
    last = now
  }

  /// The shortest time of any run, for every batch.
  static func least(_ runs: [BenchTimes]) -> BenchTimes {
    var result = runs[0]
    for run in runs.dropFirst() {
      result.processorSeconds = min(result.processorSeconds, run.processorSeconds)
      result.cycleTimes = least(result.cycleTimes, run.cycleTimes)
      result.batches = zip(result.batches, run.batches).map(least)
      for index in result.nodes.indices {
        result.nodes[index].batches = zip(result.nodes[index].batches, run.nodes[index].batches).map(least)
      }
    }
    return result
  }

  private static func least(_ a: CycleQuantiles, _ b: CycleQuantiles) -> CycleQuantiles {
    CycleQuantiles(
      median: min(a.median, b.median), p99: min(a.p99, b.p99), p999: min(a.p999, b.p999),
      p9999: min(a.p9999, b.p9999),
      longest: min(a.longest, b.longest))
  }

  private static func least(_ a: Batch, _ b: Batch) -> Batch { a.nanoseconds <= b.nanoseconds ? a : b }
}
