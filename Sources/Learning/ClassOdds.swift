import CRealtime
import NodeKit

/// A classifier's verdict on a token: its likeliest class, and the log odds that it is not normal.
///
/// log(1 - p) - log(p), p the probability of the label `normal`, or of the likeliest label if there is no such label.
public struct ClassOdds {
  private let count: Int
  private let normal: Int
  /// Logarithms of the classes' probabilities, up to a constant: fill in before `judge`. [count]
  public let logarithms: UnsafeMutablePointer<Double>
  private let best: UnsafeMutablePointer<Scorer.Verdict>

  /// - Parameter labels: names of the classes, at least one.
  public init(labels: [String], memory: ScorerMemory) {
    count = labels.count
    normal = labels.firstIndex(of: "normal") ?? -1
    logarithms = memory.room(labels.count, of: 0)
    best = memory.room(1, of: Scorer.Verdict(index: -1, probability: 0))
  }

  /// Returns the log odds of the logarithms, and keeps the verdict.
  @_noLocks @_noAllocation
  public func judge() -> Double {
    var likeliest = 0
    for index in 0..<count where logarithms[index] > logarithms[likeliest] { likeliest = index }
    let probability = 1 / sum(relativeTo: likeliest, without: -1)
    best.pointee = Scorer.Verdict(index: Int32(truncatingIfNeeded: likeliest), probability: Float(probability))
    return logOdds(against: normal >= 0 ? normal : likeliest)
  }

  @_noLocks @_noAllocation
  public func verdict() -> Scorer.Verdict { best.pointee }

  /// Index of the class that the odds are against, after `judge`.
  @_noLocks @_noAllocation
  public func reference() -> Int { normal >= 0 ? normal : Int(best.pointee.index) }

  /// Sum of exp(logarithm - that of one), without one label.
  @_noLocks @_noAllocation
  private func sum(relativeTo reference: Int, without: Int) -> Double {
    var sum = 0.0
    for index in 0..<count where index != without { sum += realtime_exp(logarithms[index] - logarithms[reference]) }
    return sum
  }

  /// log of the odds that it is any other label.
  @_noLocks @_noAllocation
  private func logOdds(against reference: Int) -> Double {
    var greatest = reference == 0 ? 1 : 0
    guard count > 1 else { return 0 }
    for index in 0..<count where index != reference {
      if logarithms[index] > logarithms[greatest] { greatest = index }
    }
    return logarithms[greatest] + realtime_log(sum(relativeTo: greatest, without: reference)) - logarithms[reference]
  }
}
