import NodeKit

/// The parameters of a `normalize` in the graph file.
struct NormalizeParameters {
  enum Mode: String, CaseIterable {
    case decibel, frozen, rolling, pcen, slice, none
  }

  /// What is 0 dB.
  enum Reference: Equatable {
    case value(Double)
    /// A statistic of the token.
    case max, mean, median, band

    init(word: String) {
      switch word {
      case "mean": self = .mean
      case "median": self = .median
      case "band": self = .band
      default: self = .max
      }
    }

    /// A number that the token itself gives.
    var isOwn: Bool { if case .value = self { false } else { true } }
    /// Values in dB can't give it.
    var takesPower: Bool { self == .mean || self == .median || self == .band }
  }

  static let declarations: [ParameterDeclaration] = [
    .choice(
      "mode",
      "decibel: 10 log10 S; frozen: by given statistics; rolling: by the last `over`; pcen: per-channel energy "
        + "normalisation; slice: each slice in dB, mapped to [0, 1] by its own range; none",
      of: Mode.allCases.map(\.rawValue), default: "decibel"),
    // decibel, slice
    .number("floor", "decibel, slice: least argument of the logarithm", default: "1e-10", range: 1e-37...1e30),
    .number(
      "ref",
      "decibel, slice: value that is 0 dB, or max, mean or median of each token (slice) over all bands, or "
        + "one band's mean, which removes the token's level. Default: 1; in mode slice: max",
      range: 1e-37...1e37, words: ["max", "mean", "median", "band"]),
    // No defaults, because models record them: models from before these parameters stay valid.
    .integer("ref_band", "decibel, slice: the band of ref: band, from 0", range: 0...1_000_000),
    .boolean("keep_level", "decibel: true appends the level that ref removed, in dB, as one more column"),
    .number(
      "top_db", "decibel, slice: dynamic range of a slice, lower values are raised; default: none; in mode slice: 80",
      unit: .decibel, range: 0...1000, words: ["none"]),
    .number("low", "decibel: level that becomes 0", unit: .decibel),
    .number("high", "decibel: level that becomes 1", unit: .decibel),
    // slice, rolling
    .number("epsilon", "slice, rolling: added to the range before dividing by it", default: "1e-8", range: 0...1e9),
    // rolling
    .number(
      "over", "rolling: duration over which minimum and maximum are taken", unit: .second, default: "10 s",
      range: 0...86400),
    .choice("per", "rolling: one range for all bands, or one for each band", of: ["all", "band"], default: "all"),
    // frozen
    .inputPath("model", "frozen: .npy of the shape (2, bands): rows mean and std, or minimum and maximum (see `by`)"),
    .choice(
      "by", "frozen: meaning of the rows of `model`: mean and std, or minimum and maximum", of: ["std", "range"],
      default: "std"),
    .number("mean", "frozen: mean of each band, or one for all", flags: .list),
    .number("std", "frozen: population standard deviation of each band, or one for all", range: 0...1e30, flags: .list),
    .number("minimum", "frozen: least value of each band, or one for all: becomes 0", flags: .list),
    .number("maximum", "frozen: greatest value of each band, or one for all: becomes 1", flags: .list),
    .boolean("clip", "frozen with minimum and maximum: limit to [0, 1]", default: "false"),
    // pcen
    .number("gain", "pcen: exponent of the gain control", default: "0.98", range: 0...100),
    .number("bias", "pcen: added before the root", default: "2", range: 0...1e9),
    .number("power", "pcen: exponent of the root; 0: logarithm", default: "0.5", range: 0...100),
    .number(
      "time_constant", "pcen: time constant of the smoothing", unit: .second, default: "0.4 s", range: 1e-6...86400),
    .number("eps", "pcen: least smoothed energy", default: "1e-6", range: 1e-37...1e30),
    .number("scale", "pcen: factor of the input; librosa's defaults expect audio times 2^31", default: "2147483648"),
  ]

  let mode: Mode
  let floor: Float
  let reference: Reference
  /// Of `Reference.band`.
  let band: Int
  let keepsLevel: Bool
  let topDecibels: Float?
  /// Levels that become 0 and 1.
  let levels: (low: Float, high: Float)?
  let epsilon: Float
  let over: Double
  let isPerBand: Bool
  let frozen: FrozenSource?
  let clips: Bool
  let gain, bias, power, timeConstant, eps, scale: Double

  /// - Throws: `NodeError` where parameters contradict each other.
  init(_ arguments: Arguments) throws {
    let mode = Mode(rawValue: arguments.text("mode"))!
    self.mode = mode
    floor = Float(arguments.number("floor"))
    switch arguments["ref"] {
    case .number(let value, _)?: reference = .value(value)
    case .text(let word)?: reference = Reference(word: word)
    default: reference = mode == .slice ? .max : .value(1)
    }
    band = (arguments["ref_band"]?.number).map { Int($0) } ?? 0
    keepsLevel = (arguments["keep_level"]?.number ?? 0) != 0
    guard (reference == .band) == (arguments["ref_band"] != nil) else {
      throw NodeError("ref: band and ref_band go together", parameter: reference == .band ? "ref" : "ref_band")
    }
    switch arguments["top_db"] {
    case .number(let value, _)?: topDecibels = Float(value)
    case .text?: topDecibels = nil
    default: topDecibels = mode == .slice ? 80 : nil
    }
    levels = try Self.levels(arguments, mode)
    epsilon = Float(arguments.number("epsilon"))
    over = arguments.number("over")
    isPerBand = arguments.text("per") == "band"
    frozen = mode == .frozen ? try FrozenSource(arguments) : nil
    clips = arguments.boolean("clip")
    gain = arguments.number("gain")
    bias = arguments.number("bias")
    power = arguments.number("power")
    timeConstant = arguments.number("time_constant")
    eps = arguments.number("eps")
    scale = arguments.number("scale")
    guard !keepsLevel || (mode == .decibel && reference.isOwn && levels == nil) else {
      throw NodeError(
        "keep_level works only in the mode decibel, with ref: mean, max, median or band, and without low and high",
        parameter: "keep_level")
    }
  }

  private static func levels(_ arguments: Arguments, _ mode: Mode) throws -> (low: Float, high: Float)? {
    let low = arguments["low"]?.number
    let high = arguments["high"]?.number
    if low == nil && high == nil { return nil }
    guard mode == .decibel else {
      throw NodeError("low and high work only in the mode decibel", parameter: low == nil ? "high" : "low")
    }
    guard let low, let high else {
      throw NodeError("low and high go together", parameter: low == nil ? "high" : "low")
    }
    guard low < high else { throw NodeError("\(low) dB is not below high, \(high) dB", parameter: "low") }
    return (Float(low), Float(high))
  }
}
