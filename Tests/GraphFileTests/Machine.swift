import Foundation
import GraphEngine
import TestSupport

/// Sound of graphs/simulator.yaml, at 48 kHz.
enum Machine {
  /// Its fault begins here, in seconds.
  static let faultAt = 20.0

  /// 30 s, including the fault.
  static let failing: [Float] = sound(seconds: 30, overrides: [])

  /// A healthy machine.
  static func healthy(seconds: Double, seed: Int) -> [Float] {
    sound(seconds: seconds, overrides: ["fan.fault=none", "fan.seed=\(seed)"])
  }

  private static func sound(seconds: Double, overrides: [String]) -> [Float] {
    do {
      return try GraphFile(name: "simulator.yaml").run(frames: Int(seconds * 48000), overrides: overrides).played[0]
    } catch {
      fatalError("graphs/simulator.yaml: \(error)")
    }
  }
}

func rootMeanSquare(_ samples: some Collection<Float>) -> Double {
  (samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)).squareRoot()
}

/// Fourth moment over the square of the second, about 0.
func kurtosis(_ samples: some Collection<Float>) -> Double {
  let square = rootMeanSquare(samples)
  return samples.reduce(0) { $0 + pow(Double($1) / square, 4) } / Double(samples.count)
}
