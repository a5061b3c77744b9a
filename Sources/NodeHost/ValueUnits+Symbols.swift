import NodeABI

extension ValueUnits {
  /// Each unit as it is written: "s", "Hz", "dB", "%", "samples".
  public var symbols: [String] {
    let names: [(Self, String)] = [
      (.second, "s"), (.hertz, "Hz"), (.decibel, "dB"), (.percent, "%"), (.sample, "samples"),
    ]
    return names.filter { contains($0.0) }.map(\.1)
  }

  /// How a single unit is written; empty for a plain number.
  public var symbol: String { symbols.first ?? "" }
}
