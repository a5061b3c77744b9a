import CRealtime

/// The sound of one machine. Every block of `block` samples depends on its position alone.
struct Voice {
  static let block = LayeredNoise.block

  /// A partial: sin(multiple * phase + offset), amplitude = now * load law + faulty * severity.
  struct Tone: BitwiseCopyable {
    var multiple: UInt32
    var offset: UInt32
    var healthy: Float
    var faulty: Float
    /// `healthy` in this recording.
    var now: Float
  }

  /// One set of partials over a common phase.
  struct Tones {
    var list: UnsafeMutablePointer<Tone>
    var count: Int
    /// Phase per sample, in turns / 2^64.
    var step: UInt64
  }

  /// Multiples of half the shaft's speed, and of the mains frequency.
  var shaftTones: Tones
  let mainsTones: Tones
  var shaft: Shaft
  let turbulence: LayeredNoise
  let background: LayeredNoise
  let envelope: Envelope
  let impacts: Impacts?
  let scrapeKeys: (UInt32, UInt32)

  /// What differs between recordings; nil: there is only one.
  var site: Site?
  var recording = Recording()

  let sampleRate: Double
  let load: Double
  let loadShare: Double
  /// How far the load wanders, as a factor.
  let swing: Double
  // Amplitudes, scaled to the level.
  let turbulenceLevel: Double
  let turbulenceFault: Double
  let surge: Double
  let backgroundLevel: Double
  let scrape: Double

  let phases: UnsafeMutablePointer<UInt32>
  let scratch: UnsafeMutablePointer<Float>

  /// Computes the samples from `start`, a multiple of `block`.
  @_noLocks @_noAllocation
  mutating func render(_ out: UnsafeMutablePointer<Float>, at start: Int64) {
    guard site != nil else { return renderMachine(out, at: start) }
    renderSite(out, at: start)
  }

  /// The machine's own sound and the background's.
  @_noLocks @_noAllocation
  func renderMachine(_ out: UnsafeMutablePointer<Float>, at start: Int64) {
    let begin = Double(start) / sampleRate
    let end = Double(start + Int64(Self.block)) / sampleRate
    let loads = (from: loadFactor(begin), to: loadFactor(end))
    let severity = (from: envelope.value(begin), to: envelope.value(end))
    for index in 0..<Self.block { out[index] = 0 }

    if shaftTones.count > 0 || scrape != 0 {
      turn(at: start, from: begin, to: end)
      add(shaftTones, to: out, loads, severity)
      if scrape != 0 && severity.to + severity.from > 0 { addScrape(to: out, at: start, severity) }
    }
    if mainsTones.count > 0 {
      let phase = UInt64(bitPattern: start) &* mainsTones.step
      fillPhases(from: phase, step: mainsTones.step)
      add(mainsTones, to: out, loads, severity)
    }
    turbulence.add(
      to: out, at: start, from: Float(flow(begin, loads.from, severity.from)),
      to: Float(flow(end, loads.to, severity.to)), scratch: scratch, .init(salt: recording.salt))
    if backgroundLevel > 0 {
      let level = Float(backgroundLevel * recording.background)
      background.add(
        to: out, at: start, from: level, to: level, scratch: scratch,
        .init(salt: recording.salt, color: recording.color))
    }
    impacts?.add(to: out, count: Self.block, at: start, envelope, recording, shaft)
  }

  /// The effect of the load on all healthy amplitudes.
  @_noLocks @_noAllocation
  private func loadFactor(_ time: Double) -> Double {
    let now = max(0, load + recording.load) * (1 + swing * shaft.wander.value(time))
    return 1 - loadShare + loadShare * max(0, now)
  }

  /// Amplitude of the turbulence.
  @_noLocks @_noAllocation
  private func flow(_ time: Double, _ load: Double, _ severity: Double) -> Double {
    let healthy = turbulenceLevel * recording.turbulence * load
    if severity == 0 { return healthy }
    let surging = 1 + surge * severity * realtime_sin(2 * Double.pi * 2.3 * time)
    return healthy + turbulenceFault * severity * surging
  }

  /// Phases of half the shaft's speed: constant speed, exact at any position, minus the wander's lag.
  @_noLocks @_noAllocation
  private func turn(at start: Int64, from begin: Double, to end: Double) {
    let half = 0.5 * shaft.speed
    let from = turns(half * (shaft.evenTime(begin) - begin))
    let to = turns(half * (shaft.evenTime(end) - end))
    let drift = Int64(bitPattern: to &- from) / Int64(Self.block)
    fillPhases(
      from: UInt64(bitPattern: start) &* shaftTones.step &+ from,
      step: shaftTones.step &+ UInt64(bitPattern: drift))
  }

  @inline(__always) @_noLocks @_noAllocation
  func fillPhases(from phase: UInt64, step: UInt64) {
    for index in 0..<Self.block {
      phases[index] = UInt32(truncatingIfNeeded: (phase &+ UInt64(truncatingIfNeeded: index) &* step) >> 32)
    }
  }

  @_noLocks @_noAllocation
  func add(
    _ tones: Tones, to out: UnsafeMutablePointer<Float>, _ loads: (from: Double, to: Double),
    _ severity: (from: Double, to: Double)
  ) {
    for number in 0..<tones.count {
      let tone = tones.list[number]
      let from = tone.now * Float(loads.from) + tone.faulty * Float(severity.from)
      let to = tone.now * Float(loads.to) + tone.faulty * Float(severity.to)
      if from == 0 && to == 0 { continue }
      let slope = (to - from) * (1 / Float(Self.block))
      for index in 0..<Self.block {
        out[index] += (from + slope * Float(index)) * sine(phases[index] &* tone.multiple &+ tone.offset)
      }
    }
  }

  /// Bright noise in the part of each turn where the shaft touches; `phases` are the shaft's.
  @_noLocks @_noAllocation
  private func addScrape(
    to out: UnsafeMutablePointer<Float>, at start: Int64, _ severity: (from: Double, to: Double)
  ) {
    let place = UInt32(truncatingIfNeeded: start)
    let (first, second) = scrapeKeys
    let from = Float(scrape * severity.from)
    let slope = (Float(scrape * severity.to) - from) * (1 / Float(Self.block))
    for index in 0..<Self.block {
      let now = place &+ UInt32(truncatingIfNeeded: index)
      let bright = Hash.noise(first, second, now) - Hash.noise(first, second, now &- 1)
      let contact = max(0, sine(phases[index] &* 2) - 0.5)
      out[index] += (from + slope * Float(index)) * bright * contact * contact * 4
    }
  }
}
