import NumberText

/// How normal sound here differs from what was learned: an offset for each column that holds levels, and what is left of
/// the difference after it. Computed from robust estimates, so that a slammed door does not count.
public struct BandOffsets: Sendable {
  /// dB [columns], each less its uncertainty; 0 where a column holds no levels.
  public var offsets: [Double]
  /// Standard error of each, by the levels of stretches [columns].
  public var uncertainties: [Double]
  /// How much more values vary here than what was learned, a factor for each column [columns].
  public var spreads: [Double]
  /// By how many learned deviations the columns without levels lie elsewhere.
  public var drifts: [Double]
  public var tokens: Int
  public var seconds: Double
  /// [columns]
  private let isLevel: [Bool]

  /// A column that never moved is compared with this many dB.
  private static let leastDeviation = 0.05
  /// Stretches that the sound is cut into.
  private static let mostStretches = 8

  /// - Parameters:
  ///   - tokens: values of each [rows x columns], in the order of time.
  ///   - seconds: how much sound they are.
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

  /// What is left of an offset less its uncertainty: where recordings of a few seconds each differ by more than the
  /// microphones, what they differ by is no microphone's (soft thresholding; Donoho & Johnstone 1994).
  private static func certain(_ offset: Double, _ uncertainty: Double) -> Double {
    offset >= 0 ? max(0, offset - uncertainty) : min(0, offset + uncertainty)
  }

  // MARK: Whether they say enough

  /// Tokens and seconds below which levels say nothing.
  private static let fewest = (tokens: 8, seconds: 5.0)
  /// The most that an offset may be uncertain, in deviations of what was learned.
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
      "\(NumberText.rounded(seconds, 1)) s of normal sound tell the offsets to \(NumberText.rounded(share, 1)) times only of what normal sound "
      + "itself varies by: give some \(NumberText.rounded(min(seconds * factor, 1e6), 0)) s"
  }

  /// Limits of what may be left. Of normal recordings behind another microphone nine in ten columns stay below 3 and 2.2.
  private static let most = (spread: 2.0, worstSpread: 4.0, drift: 2.5)

  /// Why offsets do not explain the difference; nil: they do.
  var residual: String? {
    if let drift, drift > Self.most.drift {
      return
        "how the bands fluctuate differs by \(NumberText.rounded(drift, 1)) times what it differed by when the model learned "
        + "(at most \(NumberText.rounded(Self.most.drift, 1)) is taken)"
    }
    if spread > Self.most.spread || worstSpread > Self.most.worstSpread {
      return "the bands vary \(NumberText.rounded(spread, 1)) times as much as when the model learned, a tenth of them "
        + "\(NumberText.rounded(worstSpread, 1)) times or more (at most \(NumberText.rounded(Self.most.spread, 1)) and "
        + "\(NumberText.rounded(Self.most.worstSpread, 1)) are taken)"
    }
    return nil
  }

  /// Of the columns' factors the middle one, and that which a tenth is above.
  public var spread: Double { LearnedLevels.median(spreads) }
  public var worstSpread: Double { LearnedLevels.share(spreads, 0.9) }
  /// Of the columns without levels, what a tenth is above; nil where all hold levels.
  public var drift: Double? { drifts.isEmpty ? nil : LearnedLevels.share(drifts, 0.9) }
  /// dB, of the columns with levels.
  public var uncertainty: Double {
    LearnedLevels.median(zip(uncertainties, isLevel).filter(\.1).map(\.0))
  }
}
