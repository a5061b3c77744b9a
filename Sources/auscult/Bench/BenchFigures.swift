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
  /// Seconds of sound per second of processor time, everything included.
  var factor: Double
  /// Seconds of sound per second of processor time of the realtime thread.
  var realtimeFactor: Double
}
