import CRealtime
import NodeKit

/// The parameters of `source.synth`, in plain units: hertz, seconds, factors of full scale.
struct SynthSettings {
  var machine: Machine
  var speed: Double?
  var mains: Double
  var load: Double
  var swing: Double
  /// RMS of the healthy machine at full load, and of the background noise.
  var level: Double
  var noise: Double
  var fault: Fault
  var envelope: Envelope
  var seed: UInt64
  /// Variation of recordings: 0 none, 1 as on a real site; the number of the first one, seconds of each (nil: one
  /// without end) and how many a day has.
  var variation: Double
  var recording: Int64
  var every: Double?
  var perDay: Int64

  /// Whether the sound depends on the number of a recording.
  var hasRecordings: Bool { variation > 0 || recording > 0 || every != nil }
}

/// Makes the voices of a simulator: the same kind of machine on every channel, each an individual.
struct VoiceBuilder {
  let settings: SynthSettings
  let sampleRate: Double
  private let machine: MachineModel
  private let fault: FaultModel

  init(_ settings: SynthSettings, sampleRate: Double) {
    self.settings = settings
    self.sampleRate = sampleRate
    machine = MachineModel.model(settings.machine)
    fault = FaultModel.model(settings.fault)
  }

  func voice(channel: Int, _ memory: NodeMemory) -> Voice {
    let key = Hash.bits(Hash.bits(0x0a05_c017, settings.seed), UInt64(channel))
    let speed = settings.speed ?? machine.speed ?? 0
    let swing = settings.swing
    let shaft = Shaft(
      speed: speed, depth: machine.slip * settings.load * swing, wander: Wander(key: Hash.bits(key, 1)))
    let individual = partials(machine.shaft, key: Hash.bits(key, 2))
    let electric = partials(machine.mains, key: Hash.bits(key, 3))
    // RMS at full load of the sound that is scaled to `level`.
    let power = (individual + electric).map { $0.amplitude * $0.amplitude / 2 }.reduce(0, +)
    let scale = settings.level / (power + machine.turbulence * machine.turbulence).squareRoot()
    return Voice(
      shaftTones: tones(individual, fault.shaft, base: speed / 2, scale: scale, memory, Hash.bits(key, 4)),
      mainsTones: tones(electric, fault.mains, base: settings.mains, scale: scale, memory, Hash.bits(key, 5)),
      shaft: shaft,
      turbulence: LayeredNoise(memory, color: machine.color, key: Hash.bits(key, 6)),
      background: LayeredNoise(memory, color: [0.7, 1, 1, 1, 1], key: Hash.bits(key, 7)),
      envelope: settings.envelope,
      impacts: impacts(memory, Hash.bits(key, 8)),
      scrapeKeys: (
        UInt32(truncatingIfNeeded: Hash.bits(key, 9)), UInt32(truncatingIfNeeded: Hash.bits(key, 10))
      ),
      site: settings.hasRecordings ? site(memory, speed: speed, wanderKey: Hash.bits(key, 1), Hash.bits(key, 11)) : nil,
      sampleRate: sampleRate, load: settings.load, loadShare: machine.loadShare, swing: swing,
      turbulenceLevel: scale * machine.turbulence, turbulenceFault: scale * machine.turbulence * fault.turbulence,
      surge: fault.surge, backgroundLevel: settings.noise, scrape: settings.level * fault.scrape,
      phases: memory.array(repeating: 0, count: Voice.block),
      scratch: memory.array(repeating: 0, count: Voice.block))
  }

  /// A machine's partials, each some 15 % stronger or weaker than the model's.
  private func partials(_ model: [MachineModel.Partial], key: UInt64) -> [MachineModel.Partial] {
    model.enumerated().map { index, partial in
      let individual = 0.85 + 0.3 * Hash.uniform(key, UInt64(index))
      return MachineModel.Partial(multiple: partial.multiple, amplitude: partial.amplitude * individual)
    }
  }

  /// Healthy and faulty partials over a common phase. Partials near half the sample rate are left out.
  private func tones(
    _ healthy: [MachineModel.Partial], _ faulty: [MachineModel.Partial], base: Double, scale: Double,
    _ memory: NodeMemory,
    _ key: UInt64
  ) -> Voice.Tones {
    // The shaft's phase is that of half its speed, which gives half orders.
    let unit = base == settings.mains ? 1.0 : 2.0
    var list: [Double: Voice.Tone] = [:]
    for (index, partial) in (healthy + faulty).enumerated()
    where base * partial.multiple * unit * highestPace < 0.45 * sampleRate && base > 0 {
      let multiple = partial.multiple * unit
      var tone =
        list[multiple]
        ?? Voice.Tone(
          multiple: UInt32(multiple), offset: UInt32(truncatingIfNeeded: Hash.bits(key, UInt64(multiple))), healthy: 0,
          faulty: 0, now: 0)
      if index < healthy.count {
        tone.healthy = Float(scale * partial.amplitude)
        tone.now = tone.healthy
      } else {
        tone.faulty = Float(settings.level * partial.amplitude)
      }
      list[multiple] = tone
    }
    let sorted = list.values.sorted { $0.multiple < $1.multiple }
    return Voice.Tones(
      list: memory.array(sorted), count: sorted.count, step: turns(base / sampleRate))
  }

  /// Bytes that a voice holds: its noises' fades, its partials and scratch, and the ring of its impacts.
  var voiceBytes: Int {
    let ring = fault.impact.map { Impacts.length($0.modes, sampleRate) } ?? 0
    let room = settings.hasRecordings ? Room.samples(sampleRate) + 2048 : 0
    return MemoryLayout<Voice>.stride + 8192 + (ring + room) * MemoryLayout<Float>.stride
  }

  private func impacts(_ memory: NodeMemory, _ key: UInt64) -> Impacts? {
    guard let impact = fault.impact else { return nil }
    let speed = settings.speed ?? machine.speed ?? 0
    return Impacts(
      memory, impact, rate: impact.rate * (impact.isMains ? 2 * settings.mains : speed),
      amplitude: settings.level * impact.amplitude, sampleRate: sampleRate, key: key)
  }

  /// Room for partials of a shaft that runs faster in some recordings.
  private var highestPace: Double { 1 + 0.2 * settings.variation }

  /// The surroundings of the machine. The machine next door is a fan, a pump or a motor.
  private func site(_ memory: NodeMemory, speed: Double, wanderKey: UInt64, _ key: UInt64) -> Site {
    let series = Series(
      variation: settings.variation, first: settings.recording,
      length: settings.every.map { max(1, Int64($0 * sampleRate)) } ?? 0, perDay: settings.perDay,
      sampleRate: sampleRate, key: key)
    let kinds: [Machine] = [.fan, .pump, .motor]
    let next = MachineModel.model(kinds[Int(3 * Hash.uniform(key, 1 << 62))])
    let partials = partials(next.shaft, key: Hash.bits(key, 1 << 62 + 1))
    let power = partials.map { $0.amplitude * $0.amplitude / 2 }.reduce(0, +) + next.turbulence * next.turbulence
    let nextSpeed = (next.speed ?? 25) * (0.8 + 0.4 * Hash.uniform(key, 1 << 62 + 2))
    return Site(
      series: series, room: Room(memory, sampleRate: sampleRate),
      visits: Visits(key: Hash.bits(key, 1 << 62 + 3), sampleRate: sampleRate, level: settings.level),
      neighbour: tones(
        partials, [], base: nextSpeed / 2, scale: 1 / power.squareRoot(), memory, Hash.bits(key, 1 << 62 + 4)),
      neighbourNoise: LayeredNoise(memory, color: next.color, key: Hash.bits(key, 1 << 62 + 5)),
      neighbourSpeed: nextSpeed, neighbourTurbulence: next.turbulence / power.squareRoot(), speed: speed,
      wanderKey: wanderKey, level: settings.level)
  }
}
