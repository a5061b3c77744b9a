import CRealtime

/// The slow, seeded variation of a machine's load: three sines with periods of about 7, 19 and 53 s. Its integral gives
/// the shaft's turns at any moment without adding up the speed.
struct Wander {
  /// cos and sin terms: weight, angular frequency, phase.
  private let weights: InlineArray<3, Double> = [0.5, 0.3, 0.2]
  private var frequencies: InlineArray<3, Double> = [0, 0, 0]
  private var phases: InlineArray<3, Double> = [0, 0, 0]

  @_noLocks @_noAllocation
  init(key: UInt64) {
    let periods: InlineArray<3, Double> = [7, 19, 53]
    for term in 0..<3 {
      let stretch = 0.8 + 0.4 * Hash.uniform(key, UInt64(2 * term))
      frequencies[term] = 2 * Double.pi / (periods[term] * stretch)
      phases[term] = 2 * Double.pi * Hash.uniform(key, UInt64(2 * term + 1))
    }
  }

  /// In [-1, 1], at a time in seconds.
  @_noLocks @_noAllocation
  func value(_ time: Double) -> Double {
    var sum = 0.0
    for term in 0..<3 { sum += weights[term] * realtime_sin(frequencies[term] * time + phases[term]) }
    return sum
  }

  /// Its integral over time, in seconds; the constant does not matter.
  @_noLocks @_noAllocation
  func integral(_ time: Double) -> Double {
    var sum = 0.0
    for term in 0..<3 {
      sum -= weights[term] / frequencies[term] * realtime_cos(frequencies[term] * time + phases[term])
    }
    return sum
  }
}

/// The shaft: the number of turns at a moment. f(t) = speed * (1 - depth * wander(t)).
struct Shaft {
  var speed: Double
  var depth: Double
  var wander: Wander

  /// Time less the lag of the wandering speed: turns(t) = speed * evenTime(t).
  @_noLocks @_noAllocation
  func evenTime(_ time: Double) -> Double { depth == 0 ? time : time - depth * wander.integral(time) }

  /// The inverse of `evenTime`, to far better than a sample: the lag changes by less than depth per second.
  @_noLocks @_noAllocation
  func time(even: Double) -> Double {
    if depth == 0 { return even }
    let near = even + depth * wander.integral(even)
    return even + depth * wander.integral(near)
  }
}
