import GraphEngine

/// The result of a measurement of a graph.
struct BenchFigures {
  struct Node {
    var name: String
    var className: String
    var placement: String
    /// Time in `process`, without the time stamps.
    var nanosecondsPerCycle: Double

    var isRealtime: Bool { placement == "realtime" }
  }

  var sound: String
  var rate: Int
  var period: Int
  var seconds: Double
  var nodes: [Node]
  /// Time of a cycle of the realtime thread, without stamps around the nodes.
  var cycleNanoseconds: Double
  /// Of the cycles of the realtime thread; the least of all runs without stamps.
  var cycleTimes: CycleQuantiles
  /// The engine's own time for each call of a node on the realtime thread.
  var overheadNanoseconds: Double
  /// Time to read the clock once.
  var stampNanoseconds: Double
  /// What `auscult run` takes over a file, in nanoseconds of processor time for each cycle.
  var run: RunCost.Figures
  /// Bytes that are resident while the graph runs, and those of them that came with the graph.
  var residentMemory: Int
  var addedMemory: Int
  /// Seconds of sound per second of processor time, everything included.
  var factor: Double
  /// Seconds of sound per second of processor time of the realtime thread.
  var realtimeFactor: Double

  /// Time of all nodes, on every thread.
  var allNodes: Double { nodes.reduce(0) { $0 + $1.nanosecondsPerCycle } }
  /// Time of the nodes on the realtime thread.
  var realtimeNodes: Double { nodes.filter(\.isRealtime).reduce(0) { $0 + $1.nanosecondsPerCycle } }
  /// The engine's own time in a cycle of the realtime thread.
  var engine: Double { cycleNanoseconds - realtimeNodes }
  /// What is left of a run: feeding cycles, queues between threads, waking and waiting. Noise may make it negative.
  var driver: Double { run.total - allNodes - engine - run.reading }
}
