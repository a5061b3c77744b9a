import CRealtime

/// The surroundings of a machine, which change from recording to recording.
struct Site {
  let series: Series
  var room: Room
  let visits: Visits
  /// The machine next door: its partials and noise, RMS 1, and its turns per second.
  var neighbour: Voice.Tones
  let neighbourNoise: LayeredNoise
  let neighbourSpeed: Double
  let neighbourTurbulence: Double
  /// The machine as it is on average.
  let speed: Double
  let wanderKey: UInt64
  let level: Double
}

extension Voice {
  /// The samples at the recorder. After a jump, computes first the sound that is still on its way.
  @_noLocks @_noAllocation
  mutating func renderSite(_ out: UnsafeMutablePointer<Float>, at start: Int64) {
    guard let room = site?.room else { return }
    if room.next != start {
      var earlier = start - Int64(room.before)
      while earlier < start {
        renderDry(room.advance(), at: earlier)
        earlier += Int64(Self.block)
      }
    }
    renderDry(room.advance(), at: start)
    room.hear(out, recording)
    site?.room.next = start + Int64(Self.block)
  }

  /// All sounds, before the room.
  @_noLocks @_noAllocation
  private mutating func renderDry(_ out: UnsafeMutablePointer<Float>, at start: Int64) {
    let number = site?.series.number(at: start) ?? 0
    if number != recording.number { begin(number) }
    renderMachine(out, at: start)
    guard let site else { return }
    if recording.neighbour > 0 { addNeighbour(site, to: out, at: start) }
    site.visits.add(to: out, at: start, recording)
  }

  /// Applies the properties of a recording.
  @_noLocks @_noAllocation
  private mutating func begin(_ number: Int64) {
    guard let site else { return }
    recording = site.series.recording(number)
    shaft.speed = site.speed * recording.pace
    shaft.wander = Wander(key: site.wanderKey ^ recording.salt)
    shaftTones.step = turns(0.5 * shaft.speed / sampleRate)
    self.site?.neighbour.step = turns(0.5 * site.neighbourSpeed * recording.neighbourPace / sampleRate)
    retune(shaftTones)
    retune(mainsTones)
  }

  /// Partials vary with the load, the temperature and the wear.
  @_noLocks @_noAllocation
  private func retune(_ tones: Tones) {
    for number in 0..<tones.count {
      let place = 1000 + UInt64(tones.list[number].multiple)
      let stray =
        recording.partialsOfDay * Hash.triangular(recording.dayKey, place)
        + recording.partialsOfRecording * Hash.triangular(recording.salt, place)
      tones.list[number].now = tones.list[number].healthy * Float(realtime_exp(stray))
    }
  }

  @_noLocks @_noAllocation
  private func addNeighbour(_ site: Site, to out: UnsafeMutablePointer<Float>, at start: Int64) {
    let level = site.level * recording.neighbour
    fillPhases(from: UInt64(bitPattern: start) &* site.neighbour.step, step: site.neighbour.step)
    add(site.neighbour, to: out, (level, level), (0, 0))
    let noise = Float(level * site.neighbourTurbulence)
    site.neighbourNoise.add(
      to: out, at: start, from: noise, to: noise, scratch: scratch, .init(salt: recording.salt))
  }
}
