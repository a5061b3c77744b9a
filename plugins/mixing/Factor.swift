import NodeKit

/// The factor that a number stands for: itself, or 10^(x / 20) where it was written in dB.
///
/// Fails above +-1e6 (120 dB), so that no sum of a few channels leaves the range of a float.
func factor(of value: Value, parameter: String) throws -> Float {
  guard let number = value.number else { throw NodeError("takes numbers", parameter: parameter) }
  let factor = value.unit == .decibel ? amplitudeFactor(decibels: number) : number
  guard abs(factor) <= 1e6 else { throw NodeError("is above 120 dB", parameter: parameter) }
  return Float(factor)
}
