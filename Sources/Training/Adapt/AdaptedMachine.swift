import FoundationEssentials
import Glibc
import JSONText
import Models
import SystemCalls

/// The result of an adaptation.
public struct AdaptationSummary: Sendable {
  public var model: ModelFile
  public var machines: [AdaptedMachine]
}

/// One machine, before and after.
public struct AdaptedMachine: Sendable {
  public let name: String
  /// Its place in the model.
  let index: Int
  public let offsets: BandOffsets
  /// Hertz of each column, below 0 where it is not a band; may be empty.
  public let frequencies: [Float]
  /// Thresholds.
  public let before: Double?
  public var after: Double?
  /// On the sound here: by the old model, and by the adapted one.
  var scoresBefore: [Double]
  var scores: [Double] = []
  let heard: HeardSound
  /// Offsets that were measured without each part of the sound, and on all of it, in the tokens' units.
  let folds: [[Double]]
  let shift: [Double]

  init(
    name: String, index: Int, offsets: BandOffsets, frequencies: [Float], before: Double?, scoresBefore: [Double],
    heard: HeardSound, folds: [[Double]], shift: [Double]
  ) {
    self.name = name
    self.index = index
    self.offsets = offsets
    self.frequencies = frequencies
    self.before = before
    self.scoresBefore = scoresBefore
    self.heard = heard
    self.folds = folds
    self.shift = shift
  }

  /// A token for the adapted model, so that it is scored with the offsets of all parts but its own.
  func crossFitted(_ values: [Float], _ fold: Int) -> [Float] {
    let own = folds[fold]
    return values.indices.map { place in
      let column = place % shift.count
      return Float(Double(values[place]) + shift[column] - own[column])
    }
  }

  /// Share of scores above a threshold; nil without one.
  func flagged(_ scores: [Double], above threshold: Double?) -> Double? {
    threshold.map { limit in Double(scores.count { $0 > limit }) / Double(max(1, scores.count)) }
  }

  /// Share of the normal sound here above the threshold, by the old model and by the adapted one.
  public var flaggedBefore: Double? { flagged(scoresBefore, above: before) }
  public var flaggedAfter: Double? { flagged(scores, above: after) }

  /// Least and greatest offset, dB.
  public var range: ClosedRange<Double> {
    let levels = offsets.offsets.filter { $0 != 0 }
    return (levels.min() ?? 0)...(levels.max() ?? 0)
  }

  /// For the model's history, and for scripts.
  ///
  /// - Parameter origin: where the sound comes from.
  func json(_ origin: [String: JSONValue]) -> JSONValue {
    func numbers(_ values: [Double]) -> JSONValue { .array(values.map { .number($0) }) }
    var members = origin
    members["tokens"] = .integer(Int64(offsets.tokens))
    members["seconds"] = .number(offsets.seconds)
    members["offsets"] = numbers(offsets.offsets)
    members["uncertainty"] = numbers(offsets.uncertainties)
    members["spread"] = .number(offsets.spread)
    if let drift = offsets.drift { members["drift"] = .number(drift) }
    members["threshold_before"] = before.map { .number($0) }
    members["threshold"] = after.map { .number($0) }
    members["flagged_before"] = flaggedBefore.map { .number($0) }
    members["flagged"] = flaggedAfter.map { .number($0) }
    return .object(members)
  }

  /// The same, for a command's output.
  public var json: JSONValue { json(["name": .text(name)]) }
}

extension ModelFile {
  /// Moves a machine's reference values, its scaling and its band levels, so that a token with these offsets gets the
  /// score of one without them before. Offsets count from the trained values, not from an earlier move.
  ///
  /// - Parameters:
  ///   - offsets: [columns], in the tokens' units; the same for all rows.
  ///   - frequencies: hertz of each column, below 0 where it is not a band; may be empty.
  ///   - bandUnit: unit of band levels, in the tokens' units.
  mutating func move(machine: Int, _ offsets: [Double], frequencies: [Float], bandUnit: Double) throws {
    guard !offsets.isEmpty, moved("scale_mean", machine, { offsets[$0 % offsets.count] }) else {
      throw TrainingError(
        "\(className) does not scale its tokens by the model, so its model cannot be adapted: train it on sound from here"
      )
    }
    _ = moved("column_means", machine) { offsets[$0 % offsets.count] }
    // A band's level is that of its first column, in ascending frequency.
    let known = Set(frequencies.filter { $0 >= 0 }).sorted()
    let columns = known.compactMap { frequencies.firstIndex(of: $0) }
    _ = moved("band_levels", machine) { $0 < columns.count ? bandUnit * offsets[columns[$0]] : 0 }
  }

  /// Adds to a tensor's trained values, which the model also keeps. False: there is no such tensor.
  private mutating func moved(_ name: String, _ machine: Int, _ offset: (Int) -> Double) -> Bool {
    guard let trained = doubles("trained_" + name, machine: machine) ?? doubles(name, machine: machine) else {
      return false
    }
    set("trained_" + name, machine: machine, trained)
    set(name, machine: machine, trained.enumerated().map { $1 + offset($0) })
    return true
  }
}

extension ModelFile.Machine {
  /// Adaptations that a model remembers.
  private static let mostRemembered = 50

  /// Records an adaptation, with the time and the user.
  mutating func note(_ adaptation: JSONValue, offsets: [Double]) {
    var members = adaptation.object ?? [:]
    members["time"] = .text(Date().formatted(.iso8601))
    members["user"] = .text(accountName())
    self.offsets = offsets
    adaptations = Array((adaptations + [.object(members)]).suffix(Self.mostRemembered))
  }
}
