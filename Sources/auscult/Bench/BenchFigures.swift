/// What a measurement of a graph found.
struct BenchFigures {
  struct Node {
    var name: String
    var className: String
    var placement: String
    /// In `process`, without the time stamps.
    var nanosecondsPerCycle: Double

    var isRealtime: Bool { placement == "realtime" }
  }

  var sound: String
  var rate: Int
  var period: Int
  var seconds: Double
  var nodes: [Node]
  /// A cycle of the realtime thread, without stamps around the nodes.
  var cycleNanoseconds: Double
  /// What the engine takes for itself, for each call of a node on the realtime thread.
  var overheadNanoseconds: Double
  /// One reading of the clock.
  var stampNanoseconds: Double
  /// Seconds of sound for a second of the processor's time, everything included.
  var factor: Double
  /// Seconds of sound for a second that the realtime thread computes.
  var realtimeFactor: Double
}
