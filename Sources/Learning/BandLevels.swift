import CRealtime
import NodeKit

/// The band of each of a token's columns, and each band's level. Columns of one frequency, such as mean and deviation,
/// are one band; the first of them is its level.
struct BandLevels {
  struct Band {
    let frequency: Double
    /// The first one is the level's.
    var columns: [Int]
  }
  /// Ascending in frequency.
  let bands: [Band]
  /// [bands]: the bands a little below each.
  private let shoulders: [Range<Int>]
  private let format: StreamFormat

  /// With fewer bands there is no edge to find.
  private static let leastBands = 8
  /// Bands above an edge must lie this many dB below the last band before the edge to count as empty. Filters in air or
  /// metal are less steep; those of converters and encoders are steeper.
  static let cliff = 20.0
  /// The range, as shares of an edge's frequency, of bands that give the level below the edge.
  private static let shoulder = 0.8...0.9
  /// Bands more than this below the shoulder are slope, in dB.
  private static let slope = 2.0
  /// No edge lies below this frequency, in Hz: converters and encoders keep more.
  private static let lowestEdge = 1000.0

  /// Nil: the columns are not bands, or too few.
  init?(_ format: StreamFormat) {
    guard format.frequencies.count == format.columns else { return nil }
    var bands: [Float: Band] = [:]
    for (column, frequency) in format.frequencies.enumerated() where frequency >= 0 {
      bands[frequency, default: Band(frequency: Double(frequency), columns: [])].columns.append(column)
    }
    guard bands.count >= Self.leastBands else { return nil }
    self.format = format
    let sorted = bands.values.sorted { $0.frequency < $1.frequency }
    self.bands = sorted
    shoulders = sorted.map { band in
      let begin = sorted.firstIndex { $0.frequency >= Self.shoulder.lowerBound * band.frequency } ?? 0
      let end = sorted.firstIndex { $0.frequency > Self.shoulder.upperBound * band.frequency } ?? begin
      // With wide bands, the next one.
      return max(0, min(begin, end - 1))..<end
    }
  }

  /// A token's level of a band, in dB.
  func level(_ token: UnsafePointer<Float>, _ band: Int) -> Double {
    var sum = 0.0
    for row in 0..<format.rows { sum += Double(token[row * format.columns + bands[band].columns[0]]) }
    return decibels(sum / Double(format.rows))
  }

  /// The level of a band from the sums of columns over `rows` rows; not where it is linear.
  func level(_ sums: UnsafePointer<Double>, of rows: Int, _ band: Int) -> Double {
    decibels(sums[bands[band].columns[0]] / Double(rows))
  }

  /// Levels are powers or amplitudes, whose mean in dB is not the dB of their mean.
  var isLinear: Bool { format.scale == .linear }

  private func decibels(_ value: Double) -> Double {
    switch format.scale {
    case .linear: 10 * realtime_log10(value < 1e-10 ? 1e-10 : value)
    // Unit ranges are taken as about 100 dB.
    case .unit: 100 * value
    case .decibel, .other: value
    }
  }

  /// The first empty band, because a converter or an encoder has removed everything above a frequency: from there on
  /// all bands lie below those slightly further down by the cliff, within this sound. A machine that loses a tone
  /// leaves no cliff. Nil: the sound reaches the last band.
  ///
  /// - Parameters:
  ///   - levels: of each band, lowest first, in dB.
  ///   - learned: the same of the training sound: bands above the edge must lie below these by the cliff, too.
  func edge(_ levels: [Double], below learned: [Double]? = nil) -> Int? {
    var highest = -Double.infinity
    var edge: Int?
    for band in levels.indices.reversed() {
      highest = max(highest, levels[band])
      if let learned, learned[band] - levels[band] < Self.cliff { break }
      guard bands[band].frequency >= Self.lowestEdge, let level = shoulder(of: band, levels) else { break }
      if level - highest >= Self.cliff { edge = band }
    }
    // The slope before the edge is missing, too.
    return edge.map { shoulders[$0].upperBound }
  }

  /// The median of the bands a little below a band.
  private func shoulder(of band: Int, _ levels: [Double]) -> Double? {
    let sorted = levels[shoulders[band]].sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  /// "3.9 kHz": the frequency of the last band that is present.
  func text(below edge: Int) -> String {
    let frequency = bands[max(0, edge - 1)].frequency
    return "\((frequency / 100).rounded(.down) / 10) kHz"
  }
}

/// The bands that a machine's training sound contains. Bands above are not scored, because they depend on the recorder.
struct CarriedBands {
  /// Mean level of each band in the training sound, in dB, for the bands that it contains.
  let levels: [Double]
  /// Columns of bands that it does not contain.
  let emptyColumns: Set<Int>
  /// "3.9 kHz"; nil: it contains all bands.
  let limit: String?

  /// [columns] mean of the training tokens: replaces bands that a sound lacks.
  let means: [Double]

  /// Nil: the columns are not bands.
  init?(_ format: StreamFormat, _ examples: [Examples]) {
    let count = examples.reduce(0) { $0 + $1.count }
    guard let bands = BandLevels(format), count > 0 else { return nil }
    var sums = [Double](repeating: 0, count: bands.bands.count)
    for examples in examples {
      for row in 0..<examples.count {
        for band in sums.indices { sums[band] += bands.level(examples.row(row), band) }
      }
    }
    let mean = sums.map { $0 / Double(count) }
    let edge = bands.edge(mean)
    levels = Array(mean.prefix(edge ?? mean.count))
    means = Self.columnMeans(format, examples, count: count)
    emptyColumns = Set(edge.map { bands.bands[$0...].flatMap(\.columns) } ?? [])
    limit = edge.map { bands.text(below: $0) }
  }

  private static func columnMeans(_ format: StreamFormat, _ examples: [Examples], count: Int) -> [Double] {
    var sums = [Double](repeating: 0, count: format.columns)
    for examples in examples {
      for row in 0..<examples.count {
        let token = examples.row(row)
        for index in 0..<examples.width { sums[index % format.columns] += Double(token[index]) }
      }
    }
    return sums.map { $0 / Double(count * format.rows) }
  }

  /// The values for the model: [(name, values)].
  var tensors: [(name: String, values: [Double])] { [("band_levels", levels), ("column_means", means)] }
}
