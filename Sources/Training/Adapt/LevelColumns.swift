import DetectorHost
import GraphEngine
import JSONText

/// Which columns of a detector's tokens a filter shifts: levels, and means of levels. Deviations stay as they are.
struct LevelColumns {
  /// [columns]
  let isLevel: [Bool]
  /// dB of a value of 1.
  let decibels: Double
  /// What a detector takes a value of 1 for where it asks which bands a sound carries: in [0, 1] some 100 dB.
  var bandUnit: Double { decibels == 1 ? 1 : 100 }

  /// The scales of a format: levels in dB, and levels mapped to [0, 1].
  private static let (decibelScale, unitScale): (Int64, Int64) = (1, 2)

  /// Follows the nodes before the detector back to the one that makes levels.
  ///
  /// - Throws: `TrainingError` where values are no levels in dB.
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
      "node '\(node)' gets values that are no levels in dB, and another microphone changes those by more than an offset: put "
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

  /// Of "-80 dB".
  private static func number(_ value: JSONValue?) -> Double? {
    value?.number ?? value?.text.flatMap { $0.split(separator: " ").first.flatMap { Double($0) } }
  }
}
