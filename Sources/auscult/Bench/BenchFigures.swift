/// What a measurement of a graph found.
struct BenchFigures {
  struct Node {
    var name: String
    var className: String
    var placement: String
    /// In `process`, without the time stamps.
    var nanosecondsPerCycle: Double
  }

  var sound: String
  var rate: Int
  var period: Int
  var seconds: Double
  var nodes: [Node]
  /// A cycle of the realtime thread, measured from outside.
  var cycleNanoseconds: Double
  /// What the engine takes for itself in a cycle, for each call of a node on the realtime thread.
  var overheadNanoseconds: Double
  /// One reading of the clock.
  var stampNanoseconds: Double
  /// Seconds of sound for a second of the processor's time, everything included.
  var factor: Double
  /// Seconds of sound for a second that the realtime thread computes.
  var realtimeFactor: Double
}
