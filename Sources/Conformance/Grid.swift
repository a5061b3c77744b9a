import CNodeABI
import NodeHost
import NodeKit
import NodeRigs

/// Random formats for the inputs of one node. Those of tokens share their period and their extent, so that they can be
/// joined.
struct Grid {
  private let period: Int64
  private let extent: Int64
  private let columns: Int
  private let rows: Int
  private let bins: Int
  private let scale: UInt32
  /// Scores and events come seldom.
  let isSlow: Bool

  init(_ random: inout SeededGenerator, kinds: [Port.Kinds]) {
    isSlow = !kinds.isEmpty && kinds.contains { $0.isSubset(of: [.score, .event]) }
    period = isSlow ? Int64(2000 + random.index(2000)) : Int64(64 << random.index(3)) + Int64(random.index(32))
    extent = period * Int64(1 + random.index(3))
    columns = [8, 16, 20, 32][random.index(4)]
    rows = [4, 8, 16][random.index(3)]
    bins = (16 << random.index(4)) + 1
    scale = [AUSCULT_SCALE_UNIT, AUSCULT_SCALE_DECIBEL, AUSCULT_SCALE_LINEAR][random.index(3)]
  }

  mutating func format(_ kind: UInt32, channels: Int, rate: Int, _ random: inout SeededGenerator) -> RigFormat {
    var format = RigFormat.audio(channels: channels, rate: rate)
    format.kind = kind
    if kind == AUSCULT_AUDIO { return RigFormat(format) }
    (format.period, format.extent) = (period, extent)
    var frequencies: [Float] = []
    let highest = Float(rate) / 2
    switch kind {
    case AUSCULT_SPECTRUM:
      format.columns = UInt32(bins)
      frequencies = (0..<bins).map { Float($0) * highest / Float(bins - 1) }
    case AUSCULT_FEATURES, AUSCULT_SLICE:
      format.columns = UInt32(columns)
      if kind == AUSCULT_SLICE { format.rows = UInt32(rows) }
      format.scale = scale
      frequencies = (0..<columns).map { Float($0 + 1) * highest / Float(columns + 1) }
    case AUSCULT_SCORE: format.stamp = AUSCULT_STAMP_NODE
    default: format.stamp = AUSCULT_STAMP_NODE
    }
    return frequencies.withUnsafeBufferPointer { pointer in
      format.frequencies = pointer.baseAddress
      format.frequency_count = UInt32(pointer.count)
      return RigFormat(format)
    }
  }

  /// Frames of a stimulus: some 60 tokens, and several calls.
  func frames(_ formats: [auscult_format], quantum: Int) -> Int {
    let longest = formats.filter { $0.kind != AUSCULT_AUDIO }.map { 60 * $0.period + $0.extent }.max() ?? 0
    return (max(Int(longest), 8 * quantum) + 15) / 16 * 16
  }
}
