import NodeKit

/// out rate / in rate in lowest terms: `down` input samples give `up` output samples.
struct Ratio: Hashable, Sendable {
  let up: Int
  let down: Int

  /// - Parameters:
  ///   - rate: of the output, whole hertz.
  ///   - input: a format whose rate is driverRate * denominator / period.
  init(to rate: Int, from input: StreamFormat) {
    let up = rate * Int(input.period)
    let down = input.driverRate * Int(input.denominator)
    let common = Int(greatestCommonDivisor(Int64(up), Int64(down)))
    self.up = up / common
    self.down = down / common
  }

  /// The input sample q at or before output sample k.
  func inputIndex(_ k: Int) -> Int { k * down / up }

  var isOne: Bool { up == down }
  /// The sample period of the lower of the two rates, in input samples: a filter's length is proportional to it.
  var stretch: Double { max(1, Double(down) / Double(up)) }
}
