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
}

/// Makes the voices of a simulator: the same kind of machine on every channel, each an individual of its own.
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

  func voice(channel: Int, _ memory: Memory) -> Voice {
    let key = Hash.bits(Hash.bits(0x0a05_c017, settings.seed), UInt64(channel))
    let speed = settings.speed ?? machine.speed ?? 0
    let swing = settings.swing
    let shaft = Shaft(
      speed: speed, depth: machine.slip * settings.load * swing, wander: Wander(key: Hash.bits(key, 1)))
    let individual = partials(machine.shaft, key: Hash.bits(key, 2))
    let electric = partials(machine.mains, key: Hash.bits(key, 3))
    // RMS at full load of what is to become `level`.
    let power = (individual + electric).map { $0.amplitude * $0.amplitude / 2 }.reduce(0, +)
    let scale = settings.level / (power + machine.turbulence * machine.turbulence).squareRoot()
    return Voice(
      shaftTones: tones(individual, fault.shaft, base: speed / 2, scale: scale, memory, Hash.bits(key, 4)),
      mainsTones: tones(electric, fault.mains, base: settings.mains, scale: scale, memory, Hash.bits(key, 5)),
      shaft: shaft,
      turbulence: LayeredNoise(memory, color: machine.color, key: Hash.bits(key, 6)),
      background: LayeredNoise(memory, color: [0.7, 1, 1, 1, 1], key: Hash.bits(key, 7)),
      envelope: settings.envelope,
      impacts: impacts(shaft, memory, Hash.bits(key, 8)),
      scrapeKeys: (
        UInt32(truncatingIfNeeded: Hash.bits(key, 9)), UInt32(truncatingIfNeeded: Hash.bits(key, 10))
      ),
      sampleRate: sampleRate, load: settings.load, loadShare: machine.loadShare, swing: swing,
      turbulenceLevel: scale * machine.turbulence, turbulenceFault: scale * machine.turbulence * fault.turbulence,
      surge: fault.surge, backgroundLevel: settings.noise, scrape: settings.level * fault.scrape,
      phases: memory.array([UInt32](repeating: 0, count: Voice.block)),
      scratch: memory.array([Float](repeating: 0, count: Voice.block)))
  }

  /// A machine's partials, each some 15 % stronger or weaker than the model's.
  private func partials(_ model: [MachineModel.Partial], key: UInt64) -> [MachineModel.Partial] {
    model.enumerated().map { index, partial in
      let individual = 0.85 + 0.3 * Hash.uniform(key, UInt64(index))
      return MachineModel.Partial(multiple: partial.multiple, amplitude: partial.amplitude * individual)
    }
  }

  /// Partials and those of the fault, over a common phase. What comes near half the sample rate is left out.
  private func tones(
    _ healthy: [MachineModel.Partial], _ faulty: [MachineModel.Partial], base: Double, scale: Double, _ memory: Memory,
    _ key: UInt64
  ) -> Voice.Tones {
    // The shaft's phase is that of half its speed, so that there are half orders.
    let unit = base == settings.mains ? 1.0 : 2.0
    var list: [Double: Voice.Tone] = [:]
    for (index, partial) in (healthy + faulty).enumerated()
    where base * partial.multiple * unit < 0.45 * sampleRate && base > 0 {
      let multiple = partial.multiple * unit
      var tone =
        list[multiple]
        ?? Voice.Tone(
          multiple: UInt32(multiple), offset: UInt32(truncatingIfNeeded: Hash.bits(key, UInt64(multiple))), healthy: 0,
          faulty: 0)
      if index < healthy.count {
        tone.healthy = Float(scale * partial.amplitude)
      } else {
        tone.faulty = Float(settings.level * partial.amplitude)
      }
      list[multiple] = tone
    }
    let sorted = list.values.sorted { $0.multiple < $1.multiple }
    return Voice.Tones(
      list: memory.array(sorted), count: sorted.count, step: step(turns: base / sampleRate))
  }

  /// Phase per sample in turns / 2^64. Whole turns, at rates below the frequency, are none.
  private func step(turns: Double) -> UInt64 { UInt64((turns - turns.rounded(.down)) * 0x1p63) << 1 }

  /// Bytes that a voice holds: its noises' fades, its partials and scratch, and the ring of its impacts.
  var voiceBytes: Int {
    let ring = fault.impact.map { Impacts.length($0.modes, sampleRate) } ?? 0
    return MemoryLayout<Voice>.stride + 8192 + ring * MemoryLayout<Float>.stride
  }

  private func impacts(_ shaft: Shaft, _ memory: Memory, _ key: UInt64) -> Impacts? {
    guard let impact = fault.impact else { return nil }
    let even = Shaft(speed: 1, depth: 0, wander: shaft.wander)
    return Impacts(
      memory, impact, rate: impact.rate * (impact.isMains ? 2 * settings.mains : shaft.speed),
      amplitude: settings.level * impact.amplitude, shaft: impact.isMains ? even : shaft, sampleRate: sampleRate,
      key: key)
  }
}
