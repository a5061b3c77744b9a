import DetectorHost
import GraphEngine
import JSONText

/// The columns of a detector's tokens that a filter shifts: levels, and means of levels. Deviations do not shift.
struct LevelColumns {
  /// [columns]
  let isLevel: [Bool]
  /// dB of a value of 1.
  let decibels: Double
  /// The same where a detector asks which bands a sound has; in [0, 1] about 100 dB.
  var bandUnit: Double { decibels == 1 ? 1 : 100 }

  /// Scales of a format: levels in dB, and levels mapped to [0, 1].
  private static let (decibelScale, unitScale): (Int64, Int64) = (1, 2)

  /// Follows the nodes before the detector back to the node that makes levels.
  ///
  /// - Throws: `TrainingError` where values are not levels in dB.
  init(_ input: DetectorInput, of node: String) throws {
    let nodes = input.frontEnd.array ?? []
    var blocks: [String]?
    var next = nodes.last?["inputs"]?.array?.first?.integer ?? -1
    while nodes.indices.contains(Int(next)), next >= 0 {
      let before = nodes[Int(next)]
      if before["class"] == "statistics", blocks == nil {
        blocks = (before["parameters"]?["of"]?.text ?? "mean").split(separator: "+").map {
          $0.filter { $0 != " " }
        }
      } else if before["format"]?["scale"]?.integer == Self.decibelScale {
        self.init(input, blocks, decibels: 1)
        return
      } else if let range = Self.range(before) {
        self.init(input, blocks, decibels: range)
        return
      } else if before["class"] != "slicer" {
        break
      }
      next = before["inputs"]?.array?.first?.integer ?? -1
    }
    throw TrainingError(
      "node '\(node)' gets values that are not levels in dB, and another microphone changes them by more than an offset: put "
        + "`normalize` (mode: decibel) before it and train again, or train again on sound of the new microphone")
  }

  private init(_ input: DetectorInput, _ blocks: [String]?, decibels: Double) {
    let blocks = blocks ?? ["mean"]
    let width = max(1, input.columns / blocks.count)
    isLevel = (0..<input.columns).map { blocks[min($0 / width, blocks.count - 1)] != "std" }
    self.decibels = decibels
  }

  /// dB that are mapped to [0, 1]; nil where a node does not do that.
  private static func range(_ node: JSONValue) -> Double? {
    guard node["class"] == "normalize", node["format"]?["scale"]?.integer == unitScale,
      let low = number(node["parameters"]?["low"]), let high = number(node["parameters"]?["high"]), low < high
    else { return nil }
    return high - low
  }

  /// The number in "-80 dB".
  private static func number(_ value: JSONValue?) -> Double? {
    value?.number ?? value?.text.flatMap { $0.split(separator: " ").first.flatMap { Double($0) } }
  }
}
