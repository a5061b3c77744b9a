import CRealtime
import NodeKit

/// The properties of one recording: how the machine ran in that hour, where the microphone stood on that day, what
/// other sound there was. The defaults change nothing.
struct Recording {
  /// Counts from 0; -1: not part of a series.
  var number: Int64 = -1
  /// Changes the keys of everything random, so that no two recordings share their noise.
  var salt: UInt64 = 0
  /// Factor of the shaft's speed.
  var pace = 1.0
  /// Added to the mean load.
  var load = 0.0
  /// Factors of the turbulence's and the background's amplitude, and of the background's layers.
  var turbulence = 1.0
  var background = 1.0
  var color: InlineArray<5, Float> = [1, 1, 1, 1, 1]
  /// Another machine: its RMS relative to `level`, 0 where it is off, and the factor of its speed.
  var neighbour = 0.0
  var neighbourPace = 1.0
  /// People: visits per cell of time, and their RMS relative to `level`.
  var visits = 0.0
  var visitLevel = 0.0
  /// How far the partials vary, in nepers, by the day and by the recording.
  var partialsOfDay = 0.0
  var partialsOfRecording = 0.0
  var dayKey: UInt64 = 0
  /// The recorder's gain, and the paths from the machine to the microphone: delays in samples and amplitudes.
  var gain: Float = 1
  var delays: InlineArray<7, Int> = [0, 0, 0, 0, 0, 0, 0]
  var paths: InlineArray<7, Float> = [1, 0, 0, 0, 0, 0, 0]
}

/// A series of recordings of one machine, several a day. A recording's number determines its properties.
struct Series {
  /// 0: only the noise differs. 1: as different as recordings of a real site.
  let variation: Double
  let first: Int64
  /// Samples of a recording; 0: the first one never ends.
  let length: Int64
  let perDay: Int64
  let sampleRate: Double
  let key: UInt64

  /// The longest path of the sound, in seconds.
  static let longestPath = 0.012

  /// Number of the recording that contains a position; positions before 0 belong to the first one.
  @_noLocks @_noAllocation
  func number(at position: Int64) -> Int64 {
    length > 0 && position > 0 ? first &+ position / length : first
  }

  @_noLocks @_noAllocation
  func recording(_ number: Int64) -> Recording {
    let draw = Draw(
      day: Hash.bits(key, UInt64(bitPattern: 2 &* (number / perDay))),
      recording: Hash.bits(key, UInt64(bitPattern: 2 &* number &+ 1)), scale: variation)
    var recording = Recording()
    recording.number = number
    recording.salt = draw.recording
    recording.dayKey = draw.day
    machine(&recording, draw)
    surroundings(&recording, draw)
    place(&recording, draw)
    return recording
  }

  /// How the machine runs.
  @_noLocks @_noAllocation
  private func machine(_ recording: inout Recording, _ draw: Draw) {
    recording.load = draw.swing(0, day: 0.12, own: 0.18)
    recording.pace = realtime_exp(draw.swing(1, day: 0.04, own: 0.08))
    recording.turbulence = decibels(draw.swing(2, day: 2, own: 2))
    recording.partialsOfDay = 0.25 * variation
    recording.partialsOfRecording = 0.25 * variation
  }

  /// Other sound: wind and traffic, another machine, people.
  @_noLocks @_noAllocation
  private func surroundings(_ recording: inout Recording, _ draw: Draw) {
    recording.background = decibels(4 * variation + draw.swing(3, day: 4, own: 5))
    let tilt = draw.swing(4, day: 1, own: 2)
    for layer in 0..<5 { recording.color[layer] = Float(decibels(tilt * Double(layer - 2))) }
    if draw.chance(5) < 0.5 {
      recording.neighbour = variation * decibels(-16 + draw.swing(6, day: 3, own: 3))
      recording.neighbourPace = realtime_exp(draw.swing(7, day: 0.1, own: 0.05))
    }
    if draw.chance(8) < 0.4 {
      recording.visits = 0.5 * draw.chance(9)
      recording.visitLevel = variation * decibels(-10 + draw.swing(10, day: 2, own: 4))
    }
  }

  /// Position of the microphone and its gain. A surface nearby, and five walls.
  @_noLocks @_noAllocation
  private func place(_ recording: inout Recording, _ draw: Draw) {
    recording.gain = Float(decibels(draw.swing(11, day: 4, own: 2)))
    var power = 1.0
    for path in 1..<7 {
      let place = UInt64(10 + 2 * path)
      let far = draw.of(day: place)
      // 0.05 to 0.25 ms, then 1 ms to `longestPath`.
      let delay = path == 1 ? 0.000_05 + 0.000_2 * far : 0.001 + (Self.longestPath - 0.001) * far * far
      let strongest = path == 1 ? 0.45 : 0.3 / (1 + delay / 0.006)
      let amplitude = draw.swing(place + 1, day: strongest, own: 0.25 * strongest)
      recording.delays[path] = Int(delay * sampleRate + 0.5)
      recording.paths[path] = Float(amplitude)
      power += amplitude * amplitude
    }
    recording.gain *= Float(1 / realtime_sqrt(power))
  }

  @inline(__always) @_noLocks @_noAllocation
  private func decibels(_ value: Double) -> Double { amplitudeFactor(decibels: value) }
}

/// Random numbers of a day and of a recording.
struct Draw {
  let day: UInt64
  let recording: UInt64
  let scale: Double

  /// A triangular number in +-(day + own) * scale: a part by the day, and a part by the recording.
  @_noLocks @_noAllocation
  func swing(_ place: UInt64, day: Double, own: Double) -> Double {
    scale * (day * Hash.triangular(self.day, place) + own * Hash.triangular(recording, place))
  }

  /// Uniform in [0, 1), one for each recording, or one for the whole day.
  @_noLocks @_noAllocation
  func chance(_ place: UInt64) -> Double { Hash.uniform(recording, 2 * place) }
  @_noLocks @_noAllocation
  func of(day place: UInt64) -> Double { Hash.uniform(day, 2 * place) }
}
