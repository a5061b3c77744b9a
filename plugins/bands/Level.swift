import CRealtime
import NodeKit

/// Robust z-score of the loudness alone: |L - median| / (1.4826 MAD).
///
/// L is, of linear input, 10 log10 of the sum over the bands; else the mean over the bands in the input's own scale. A
/// slice counts as the mean L of its rows.
final class LevelDetector: RobustDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.level", version: "1.0.0",
      summary: "Robust z-score of the loudness: learns first, then scores.", realtime: .offload,
      traits: .detector, inputs: [PortDeclaration("in", [.features, .slice], "Levels of bands")],
      outputs: [PortDeclaration("score", .score, "Deviation of the loudness")], parameters: sharedParameters)
  }

  override func width(_ format: StreamFormat) -> Int { 1 }

  override func reduce(_ values: UnsafePointer<Float>, _ format: StreamFormat, to row: inout [Float]) {
    var sum: Float = 0
    for line in 0..<format.rows {
      var bands: Float = 0
      for column in 0..<format.columns { bands += values[line * format.columns + column] }
      sum += format.scale == .linear ? decibels(bands) : bands / Float(format.columns)
    }
    row[0] = sum / Float(format.rows)
  }
}
