import CRealtime

/// Times the phases of a swap.
struct Stopwatch {
  private(set) var phases: [SwapStatus.Phase] = []
  private var began = realtime_nanoseconds()

  /// The sum of all phases so far.
  var seconds: Double { phases.reduce(0) { $0 + $1.milliseconds } / 1000 }

  mutating func lap(_ name: String) {
    let now = realtime_nanoseconds()
    phases.append(SwapStatus.Phase(name: name, milliseconds: Double(now - began) / 1e6))
    began = now
  }
}
