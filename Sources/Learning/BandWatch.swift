import CNetwork
import NodeKit

/// Detects whether a machine's sound lacks bands that its model has.
///
/// Thread: a worker's, one at a time.
final class BandWatch {
  let bands: BandLevels
  /// [bands in the training sound]
  private let learned: [Double]
  /// By band, of the sounding tokens so far: each one's level, in dB, where a level takes a logarithm.
  private var sums: [Double]
  /// Where it does not: [columns] sums over all their rows.
  private let columnSums: UnsafeMutablePointer<Double>
  private let format: StreamFormat
  private let wanted: Int
  private var count = 0
  private var last: Verdict?
  private let memory = NodeMemory()

  /// Seconds, and tokens, before a verdict.
  private static let seconds = 4.0
  private static let leastTokens = 8
  /// Enough at the end of a file.
  private static let fewestTokens = 2

  /// Nil: the model does not describe its training sound.
  init?(_ format: StreamFormat, _ model: Model.Machine) {
    guard let bands = BandLevels(format),
      let (levels, _) = try? model.doubles("band_levels", [nil]), levels.count <= bands.bands.count
    else { return nil }
    self.bands = bands
    self.format = format
    learned = levels
    sums = [Double](repeating: 0, count: levels.count)
    columnSums = memory.array(repeating: 0, count: format.columns)
    wanted = max(Self.leastTokens, Int((Self.seconds * format.rate).rounded(.up)))
  }

  enum Verdict: Equatable {
    case complete
    /// The frequency above which everything is missing.
    case lacks(String)
  }

  /// The first band that a token lacks, by this token alone; nil: it has all.
  func edge(_ token: UnsafePointer<Float>) -> Int? {
    let highest = learned.count - 1
    // Nearly always, the highest band is there, and with it all others.
    if highest < 0 || learned[highest] - bands.level(token, highest) < BandLevels.cliff { return nil }
    return bands.edge(learned.indices.map { bands.level(token, $0) }, below: learned)
  }

  /// Counts a token. Gives an answer after some seconds.
  func note(_ token: UnsafePointer<Float>) -> Verdict? {
    if bands.isLinear {
      for band in sums.indices { sums[band] += bands.level(token, band) }
    } else {
      network_add_rows_float(columnSums, token, format.rows, format.columns)
    }
    count += 1
    return count >= wanted ? look() : nil
  }

  /// The stream ends: the answer so far.
  func end() -> Verdict {
    defer {
      clear()
      last = nil
    }
    if let last, count < wanted / 2 { return last }
    return count >= Self.fewestTokens ? look() : .complete
  }

  private func look() -> Verdict {
    let mean = sums.indices.map { band in
      bands.isLinear ? sums[band] / Double(count) : bands.level(columnSums, of: format.rows * count, band)
    }
    clear()
    let verdict = bands.edge(mean, below: learned).map { Verdict.lacks(bands.text(below: $0)) } ?? .complete
    last = verdict
    return verdict
  }

  private func clear() {
    count = 0
    for index in sums.indices { sums[index] = 0 }
    columnSums.update(repeating: 0, count: format.columns)
  }
}
