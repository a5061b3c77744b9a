import CRealtime

/// People near the microphone: steps and knocks, speech, compressed air. Time is cut into cells; a cell's number
/// determines whether it holds a visit, when the visit begins and what it is.
struct Visits {
  /// Seconds of a cell. No visit is longer.
  private static let cell = 4.0

  private enum Kind { case knocks, speech, air }

  /// One of them; times in seconds.
  private struct Visit {
    var kind: Kind
    var key: UInt64
    var begin: Double
    var length: Double
  }

  let key: UInt64
  let sampleRate: Double
  let level: Double

  /// Adds all visits that reach into the block that begins at sample `start`.
  @_noLocks @_noAllocation
  func add(to out: UnsafeMutablePointer<Float>, at start: Int64, _ recording: Recording) {
    if recording.visits == 0 { return }
    let time = Double(start) / sampleRate
    let cell = wholePart(time / Self.cell)
    for number in (cell - 1)...cell {
      let key = Hash.bits(key ^ recording.salt, UInt64(bitPattern: number))
      guard Hash.uniform(key, 0) < recording.visits else { continue }
      let visit = visit(key, after: Double(number) * Self.cell)
      guard time >= visit.begin && time < visit.begin + visit.length else { continue }
      let amplitude = level * recording.visitLevel
      switch visit.kind {
      case .knocks: addKnocks(visit, to: out, time - visit.begin, amplitude)
      case .speech: addSpeech(visit, to: out, time - visit.begin, amplitude)
      case .air: addAir(visit, to: out, at: start, time - visit.begin, amplitude)
      }
    }
  }

  @_noLocks @_noAllocation
  private func visit(_ key: UInt64, after time: Double) -> Visit {
    let kind: Kind =
      switch Hash.uniform(key, 1) {
      case ..<0.5: .knocks
      case ..<0.8: .speech
      default: .air
      }
    return Visit(
      kind: kind, key: key, begin: time + Self.cell * Hash.uniform(key, 2),
      length: 0.3 + (Self.cell - 0.5) * Hash.uniform(key, 3))
  }

  /// Two a second: a dull tone that decays within a tenth of a second.
  @_noLocks @_noAllocation
  private func addKnocks(
    _ visit: Visit, to out: UnsafeMutablePointer<Float>, _ time: Double, _ amplitude: Double
  ) {
    let since = time - 0.5 * Double(wholePart(time / 0.5))
    let peak = 3 * amplitude
    let decay = 0.01 + 0.03 * Hash.uniform(visit.key, 4)
    addTone(
      150 + 900 * Hash.uniform(visit.key, 5), to: out, since, from: peak * realtime_exp(-since / decay),
      to: peak * realtime_exp(-(since + Double(Voice.block) / sampleRate) / decay))
  }

  /// A voice: harmonics around two formants, four syllables a second.
  @_noLocks @_noAllocation
  private func addSpeech(_ visit: Visit, to out: UnsafeMutablePointer<Float>, _ time: Double, _ amplitude: Double) {
    let pitch = 100 + 130 * Hash.uniform(visit.key, 4)
    let formant = 400 + 400 * Hash.uniform(visit.key, 5)
    let end = time + Double(Voice.block) / sampleRate
    for harmonic in 1...16 {
      let frequency = pitch * Double(harmonic)
      if frequency > 0.45 * sampleRate { break }
      let (low, high) = ((frequency - formant) / 250, (frequency - 3.2 * formant) / 400)
      let strength = amplitude * (1 / (1 + low * low) + 0.5 / (1 + high * high))
      addTone(frequency, to: out, time, from: strength * syllable(time), to: strength * syllable(end))
    }
  }

  @_noLocks @_noAllocation
  private func syllable(_ time: Double) -> Double {
    let half = realtime_sin(.pi * 4 * time)
    return half * half
  }

  /// A bright hiss that swells and fades.
  @_noLocks @_noAllocation
  private func addAir(
    _ visit: Visit, to out: UnsafeMutablePointer<Float>, at start: Int64, _ time: Double, _ amplitude: Double
  ) {
    let gain = Float(amplitude * realtime_sin(.pi * time / visit.length))
    let place = UInt32(truncatingIfNeeded: start)
    let (first, second) = (UInt32(truncatingIfNeeded: visit.key), UInt32(truncatingIfNeeded: visit.key >> 32))
    for index in 0..<Voice.block {
      let now = place &+ UInt32(truncatingIfNeeded: index)
      out[index] += gain * 0.7 * (Hash.noise(first, second, now) - Hash.noise(first, second, now &- 1))
    }
  }

  /// A sine that began `time` ago; its amplitude goes from one value to another.
  @_noLocks @_noAllocation
  private func addTone(
    _ frequency: Double, to out: UnsafeMutablePointer<Float>, _ time: Double, from: Double, to: Double
  ) {
    let begin = turns(frequency * time)
    let step = turns(frequency / sampleRate)
    let slope = Float((to - from) / Double(Voice.block))
    for index in 0..<Voice.block {
      let phase = UInt32(truncatingIfNeeded: (begin &+ UInt64(truncatingIfNeeded: index) &* step) >> 32)
      out[index] += (Float(from) + slope * Float(index)) * sine(phase)
    }
  }
}
