import NumberText

/// The difference between normal sound here and the training sound: an offset for each column that holds levels, and
/// the rest of the difference. Computed from robust estimates, so that a slammed door does not count.
public struct BandOffsets: Sendable {
  /// dB [columns], each less its uncertainty; 0 where a column holds no levels.
  public var offsets: [Double]
  /// Standard error of each, by the levels of stretches [columns].
  public var uncertainties: [Double]
  /// How much more values vary here than in training, a factor for each column [columns].
  public var spreads: [Double]
  /// Distance of the columns without levels, in deviations of the training sound.
  public var drifts: [Double]
  public var tokens: Int
  public var seconds: Double
  /// [columns]
  private let isLevel: [Bool]

  /// Least deviation, in dB, that a column's offset is compared with.
  private static let leastDeviation = 0.05
  /// Number of stretches that the sound is cut into.
  private static let mostStretches = 8

  /// - Parameters:
  ///   - tokens: values of each [rows x columns], in the order of time.
  ///   - seconds: duration of the sound.
  init(_ tokens: [[Float]], _ columns: LevelColumns, _ learned: LearnedLevels, seconds: Double) {
    self.tokens = tokens.count
    self.seconds = seconds
    isLevel = columns.isLevel
    (offsets, uncertainties, spreads, drifts) = ([], [], [], [])
    let width = columns.isLevel.count
    let whole = LearnedLevels(Array(tokens.joined()), columns: width)
    let count = min(Self.mostStretches, tokens.count)
    let stretches = (0..<count).map { index in
      let part = tokens[index * tokens.count / count..<(index + 1) * tokens.count / count]
      return LearnedLevels(Array(part.joined()), columns: width).levels
    }
    for column in 0..<width {
      let levels = stretches.map { $0[column] }
      let mean = levels.reduce(0, +) / Double(max(1, count))
      let variance = levels.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, count - 1))
      uncertainties.append((variance / Double(max(1, count))).squareRoot() * columns.decibels)
      let least = Self.leastDeviation / columns.decibels
      let deviation = max(learned.deviations[column], least)
      let difference = whole.levels[column] - learned.levels[column]
      spreads.append(max(whole.deviations[column], least) / deviation)
      let offset = Self.certain(difference * columns.decibels, uncertainties[column])
      offsets.append(columns.isLevel[column] ? offset : 0)
      if !columns.isLevel[column] { drifts.append(abs(difference) / deviation) }
    }
  }

  /// An offset less its uncertainty: if recordings of a few seconds differ by more than the microphones do, that
  /// difference is not the microphone's (soft thresholding; Donoho & Johnstone 1994).
  private static func certain(_ offset: Double, _ uncertainty: Double) -> Double {
    offset >= 0 ? max(0, offset - uncertainty) : min(0, offset + uncertainty)
  }

  //  MARK: Whether there is enough sound

  /// Least tokens and seconds for levels that mean something.
  private static let fewest = (tokens: 8, seconds: 5.0)
  /// Greatest uncertainty of an offset, in deviations of the training sound.
  private static let mostUncertain = 0.75

  /// Why there is too little sound; nil: there is enough.
  func shortage(_ columns: LevelColumns, _ learned: LearnedLevels) -> String? {
    guard tokens >= Self.fewest.tokens, seconds >= Self.fewest.seconds else {
      return
        "there are only \(tokens) token\(tokens == 1 ? "" : "s") (\(NumberText.rounded(seconds, 1)) s) of normal sound: "
        + "give a minute or more"
    }
    let levels = columns.isLevel.indices.filter { columns.isLevel[$0] }
    let shares = levels.map {
      uncertainties[$0] / (max(learned.deviations[$0] * columns.decibels, Self.leastDeviation))
    }
    let share = LearnedLevels.median(shares)
    guard share > Self.mostUncertain else { return nil }
    let factor = (share / (Self.mostUncertain / 1.5)) * (share / (Self.mostUncertain / 1.5))
    return
      "\(NumberText.rounded(seconds, 1)) s of normal sound leave the offsets uncertain by \(NumberText.rounded(share, 1)) times the variation of normal "
      + "sound: give about \(NumberText.rounded(min(seconds * factor, 1e6), 0)) s"
  }

  /// Limits of the rest. With normal recordings of another microphone, nine in ten columns stay below 3 and 2.2.
  private static let most = (spread: 2.0, worstSpread: 4.0, drift: 2.5)

  /// Why offsets do not explain the difference; nil: they do.
  var residual: String? {
    if let drift, drift > Self.most.drift {
      return
        "the fluctuation of the bands differs by \(NumberText.rounded(drift, 1)) times its scatter in training "
        + "(limit \(NumberText.rounded(Self.most.drift, 1)))"
    }
    if spread > Self.most.spread || worstSpread > Self.most.worstSpread {
      return "the bands vary \(NumberText.rounded(spread, 1)) times as much as in training, a tenth of them "
        + "\(NumberText.rounded(worstSpread, 1)) times or more (limits \(NumberText.rounded(Self.most.spread, 1)) and "
        + "\(NumberText.rounded(Self.most.worstSpread, 1)))"
    }
    return nil
  }

  /// The median of the columns' factors, and their 90th percentile.
  public var spread: Double { LearnedLevels.median(spreads) }
  public var worstSpread: Double { LearnedLevels.share(spreads, 0.9) }
  /// 90th percentile over the columns without levels; nil: all columns hold levels.
  public var drift: Double? { drifts.isEmpty ? nil : LearnedLevels.share(drifts, 0.9) }
  /// dB, of the columns with levels.
  public var uncertainty: Double {
    LearnedLevels.median(zip(uncertainties, isLevel).filter(\.1).map(\.0))
  }
}
