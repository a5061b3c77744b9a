import CRealtime
import NodeKit

/// Robust band z-score: the mean of the largest |L - median| / (1.4826 MAD) over the bands, L in decibel.
///
/// A slice counts as its mean row. Linear input is turned into dB (10 log10(max(1e-10, x))) first; other scales are
/// taken as they are. The score names its bands, the one that deviates most first.
final class BandDetector: RobustDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.bands", version: "1.0.0",
      summary: "Robust z-score over the bands: learns first, then scores, and names the bands.",
      realtime: .offload, traits: .detector,
      inputs: [PortDeclaration("in", [.features, .slice], "Levels of bands")],
      outputs: [PortDeclaration("score", .score, "Mean of the largest deviations")],
      parameters: sharedParameters + [
        .integer("top", "Number of largest deviations that make the score", default: "3", range: 1...8)
      ])
  }

  private let count: Int

  required init(_ arguments: Arguments) throws {
    count = arguments.integer("top")
    try super.init(arguments)
  }

  override var top: Int { count }
  override var namesBands: Bool { true }

  override func reduce(_ values: UnsafePointer<Float>, _ format: StreamFormat, to row: inout [Float]) {
    for column in 0..<format.columns {
      var sum: Float = 0
      for line in 0..<format.rows { sum += level(values[line * format.columns + column], format.scale) }
      row[column] = sum / Float(format.rows)
    }
  }
}

/// A value as a level: linear ones in dB.
private func level(_ value: Float, _ scale: StreamFormat.Scale) -> Float {
  scale == .linear ? decibels(value) : value
}

/// 10 log10, at least -100 dB; NaN where `power` is NaN.
func decibels(_ power: Float) -> Float { 10 * realtime_log10f(power < 1e-10 ? 1e-10 : power) }
