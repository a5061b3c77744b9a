import CRealtime
import NodeKit

/// Which of a token's columns belong to which band, and how loud each band is: columns of one frequency, such as its mean
/// and its deviation, are one band, and the first of them is its level.
struct BandLevels {
  struct Band {
    let frequency: Double
    /// The first is the level's.
    var columns: [Int]
  }
  /// Ascending in frequency.
  let bands: [Band]
  /// [bands]: those a little below each.
  private let shoulders: [Range<Int>]
  private let format: StreamFormat

  /// Fewer bands have no edge to speak of.
  private static let leastBands = 8
  /// Levels below that of the sound's last band that is there, by which those above it must lie to count as empty: in dB.
  /// No filter in air or metal is as steep as that; those of converters and encoders are.
  static let cliff = 20.0
  /// The share of an edge's frequency, from and to, in which bands tell how loud it is below the edge.
  private static let shoulder = 0.8...0.9
  /// What lies below the shoulder by more than this is slope, in dB.
  private static let slope = 2.0
  /// Below this frequency, in Hz, there is no edge: converters and encoders keep more.
  private static let lowestEdge = 1000.0

  /// Nil: the columns are no bands, or too few.
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
      // Where bands are wide, the next one.
      return max(0, min(begin, end - 1))..<end
    }
  }

  /// A token's level of a band, in dB.
  func level(_ token: UnsafePointer<Float>, _ band: Int) -> Double {
    var sum = 0.0
    for row in 0..<format.rows { sum += Double(token[row * format.columns + bands[band].columns[0]]) }
    return decibels(sum / Double(format.rows))
  }

  private func decibels(_ value: Double) -> Double {
    switch format.scale {
    case .linear: 10 * realtime_log10(value < 1e-10 ? 1e-10 : value)
    // Unit ranges stand for some 100 dB.
    case .unit: 100 * value
    case .decibel, .other: value
    }
  }

  /// The first of the bands that carry nothing, because a converter or an encoder has left nothing above a frequency: from
  /// there on all lie below those a little further down by the cliff, in the sound itself. A machine that has lost a tone
  /// leaves no cliff. Nil: the sound reaches up to the last band.
  ///
  /// - Parameters:
  ///   - levels: of each band, from the lowest on, in dB.
  ///   - learned: what they are in the training sound: those above the edge lie below by the cliff, too.
  func edge(_ levels: [Double], below learned: [Double]? = nil) -> Int? {
    var highest = -Double.infinity
    var edge: Int?
    for band in levels.indices.reversed() {
      highest = max(highest, levels[band])
      if let learned, learned[band] - levels[band] < Self.cliff { break }
      guard bands[band].frequency >= Self.lowestEdge, let level = shoulder(of: band, levels) else { break }
      if level - highest >= Self.cliff { edge = band }
    }
    // The slope before it belongs to what is missing.
    return edge.map { shoulders[$0].upperBound }
  }

  /// The median of the bands a little below a band.
  private func shoulder(of band: Int, _ levels: [Double]) -> Double? {
    let sorted = levels[shoulders[band]].sorted()
    return sorted.isEmpty ? nil : sorted[sorted.count / 2]
  }

  /// "3.9 kHz": where the last band lies that is there.
  func text(below edge: Int) -> String {
    let frequency = bands[max(0, edge - 1)].frequency
    return "\((frequency / 100).rounded(.down) / 10) kHz"
  }
}

/// Up to which band the sound that a machine was learned from carries anything. Bands above are not judged: what is there
/// tells of the recorder.
struct CarriedBands {
  /// Mean level of each band in the training sound, in dB, as far as it carries them.
  let levels: [Double]
  /// Columns of bands that it does not carry.
  let emptyColumns: Set<Int>
  /// "3.9 kHz"; nil: it carries all bands.
  let limit: String?

  /// [columns] mean of the training tokens: stands in for what a sound lacks.
  let means: [Double]

  /// Nil: the columns are no bands.
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

  /// What a model has to remember of it: [(name, values)].
  var tensors: [(name: String, values: [Double])] { [("band_levels", levels), ("column_means", means)] }
}

/// Finds out whether what is heard of a machine lacks bands that its model knows.
struct BandWatch {
  let bands: BandLevels
  /// [bands that the training sound carries]
  private let learned: [Double]
  /// Of the token that was last asked for.
  private var levels: [Double]
  private var sums: [Double]
  private let wanted: Int
  private var count = 0
  private var last: Verdict?

  /// Seconds, and tokens, that a verdict rests on.
  private static let seconds = 4.0
  private static let leastTokens = 8
  /// At the end of a file fewer do.
  private static let fewestTokens = 2

  /// Nil: a model that does not say what it was trained on.
  init?(_ format: StreamFormat, _ model: Model.Machine) {
    guard let bands = BandLevels(format),
      let (levels, _) = try? model.doubles("band_levels", [nil]), levels.count <= bands.bands.count
    else { return nil }
    self.bands = bands
    learned = levels
    self.levels = levels
    sums = [Double](repeating: 0, count: levels.count)
    wanted = max(Self.leastTokens, Int((Self.seconds * format.rate).rounded(.up)))
  }

  enum Verdict: Equatable {
    case complete
    /// Above which frequency there is nothing.
    case lacks(String)
  }

  /// The first of the bands that a token lacks, by this token alone; nil: it has all.
  mutating func edge(_ token: UnsafePointer<Float>) -> Int? {
    for band in learned.indices { levels[band] = bands.level(token, band) }
    return bands.edge(levels, below: learned)
  }

  /// Counts the token that was last asked for. An answer comes after some seconds.
  mutating func note() -> Verdict? {
    for band in levels.indices { sums[band] += levels[band] }
    count += 1
    return count >= wanted ? look() : nil
  }

  /// The stream ends: what is known of it.
  mutating func end() -> Verdict {
    defer {
      clear()
      last = nil
    }
    if let last, count < wanted / 2 { return last }
    return count >= Self.fewestTokens ? look() : .complete
  }

  private mutating func look() -> Verdict {
    let mean = sums.map { $0 / Double(count) }
    clear()
    let verdict = bands.edge(mean, below: learned).map { Verdict.lacks(bands.text(below: $0)) } ?? .complete
    last = verdict
    return verdict
  }

  private mutating func clear() {
    count = 0
    for index in sums.indices { sums[index] = 0 }
  }
}
