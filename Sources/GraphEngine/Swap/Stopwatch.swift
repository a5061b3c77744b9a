import CRealtime

/// Times the phases of a swap.
struct Stopwatch {
  private(set) var phases: [SwapStatus.Phase] = []
  private var began = realtime_nanoseconds()

  mutating func lap(_ name: String) {
    let now = realtime_nanoseconds()
    phases.append(SwapStatus.Phase(name: name, milliseconds: Double(now - began) / 1e6))
    began = now
  }
}
