import CRealtime
import NodeKit

/// A train of decaying rings, at a rate tied to the turns of a shaft or to the half-waves of the mains. Each ring has a
/// number that determines its time and strength.
struct Impacts {
  private let ring: UnsafePointer<Float>
  private let length: Int
  /// Bursts per second of even time, each with `burst` rings around its middle.
  private let rate: Double
  private let burst: Int
  private let stray: Double
  private let amplitude: Double
  /// The mains run in even time, at their own pace.
  private let isMains: Bool
  private let sampleRate: Double
  private let key: UInt64

  /// Where a ring is in time: the shaft, or the mains as a shaft at constant speed, and the factor of its speed.
  struct Clock {
    var shaft: Shaft
    var pace: Double
    var salt: UInt64
  }

  /// - Parameters:
  ///   - rate: at a pace of 1.
  ///   - amplitude: of a ring at severity 1.
  init(
    _ memory: NodeMemory, _ impact: FaultModel.Impact, rate: Double, amplitude: Double, sampleRate: Double, key: UInt64
  ) {
    let ring = Self.ring(impact.modes, sampleRate)
    self.ring = UnsafePointer(memory.array(ring))
    length = ring.count
    self.rate = rate
    burst = impact.burst
    stray = impact.stray
    self.amplitude = amplitude
    isMains = impact.isMains
    self.sampleRate = sampleRate
    self.key = key
  }

  /// Decaying sines, down to e^-8; sines above half the sample rate move below it.
  private static func ring(_ modes: [FaultModel.Impact.Mode], _ rate: Double) -> [Float] {
    (0..<length(modes, rate)).map { index in
      let time = Double(index) / rate
      return Float(
        modes.reduce(0.0) { sum, mode in
          let frequency = min(mode.frequency, 0.42 * rate)
          return sum + mode.amplitude * realtime_exp(-time / mode.decay) * realtime_sin(2 * .pi * frequency * time)
        })
    }
  }

  /// Samples of a ring.
  static func length(_ modes: [FaultModel.Impact.Mode], _ rate: Double) -> Int {
    max(1, Int(8 * (modes.map(\.decay).max() ?? 0) * rate))
  }

  /// Adds all rings that reach into a block of samples.
  @_noLocks @_noAllocation
  func add(
    to out: UnsafeMutablePointer<Float>, count: Int, at start: Int64, _ envelope: Envelope, _ recording: Recording,
    _ shaft: Shaft
  ) {
    var clock = Clock(shaft: shaft, pace: recording.pace, salt: recording.salt)
    if isMains {
      clock.shaft.depth = 0
      clock.pace = 1
    }
    let end = start + Int64(count)
    let first = number(at: Double(start - Int64(length)) / sampleRate, clock)
    let last = number(at: Double(end) / sampleRate, clock)
    var number = first
    while number <= last {
      for place in 0..<burst {
        add(ring: number * Int64(burst) + Int64(place), of: number, out, start, end, envelope, clock)
      }
      number += 1
    }
  }

  @inline(__always) @_noLocks @_noAllocation
  private func number(at time: Double, _ clock: Clock) -> Int64 {
    wholePart(rate * clock.pace * clock.shaft.evenTime(time))
  }

  @_noLocks @_noAllocation
  private func add(
    ring index: Int64, of burst: Int64, _ out: UnsafeMutablePointer<Float>, _ start: Int64, _ end: Int64,
    _ envelope: Envelope, _ clock: Clock
  ) {
    let place = UInt64(bitPattern: index)
    let key = key ^ clock.salt
    let offset = 0.5 + stray * (2 * Hash.uniform(key, place) - 1)
    let time = clock.shaft.time(even: (Double(burst) + offset) / (rate * clock.pace))
    let begin = wholePart(time * sampleRate + 0.5)
    let from = max(begin, start)
    let to = min(begin + Int64(length), end)
    guard from < to else { return }
    let strength = Float(amplitude * envelope.value(time) * (0.6 + 0.4 * Hash.uniform(key ^ 0x5bd1, place)))
    guard strength != 0 else { return }
    for position in from..<to { out[Int(position - start)] += strength * ring[Int(position - begin)] }
  }
}

/// How far a fault has developed: 0 before `onset`, `severity` from `onset` + `ramp` on (seconds).
struct Envelope {
  let severity: Double
  let onset: Double
  let ramp: Double

  @_noLocks @_noAllocation
  func value(_ time: Double) -> Double {
    if time < onset { return 0 }
    if time >= onset + ramp { return severity }
    let x = (time - onset) / ramp
    return severity * x * x * (3 - 2 * x)
  }
}
