/// The faults of a machine, in the order of the parameter's choices.
enum Fault: String, CaseIterable {
  case none, imbalance, rub, knock, bearing, blockage, hum, corona
}

/// The sound that a fault of severity 1 adds; amplitudes are relative to a machine whose sound has RMS 1.
struct FaultModel {
  typealias Partial = MachineModel.Partial

  /// Further partials of the shaft and the mains.
  var shaft: [Partial] = []
  var mains: [Partial] = []
  /// Factor - 1 of the machine's turbulence, and the depth of a slow surge in it.
  var turbulence = 0.0
  var surge = 0.0
  /// Scraping noise while one side of the shaft touches.
  var scrape = 0.0
  var impact: Impact?

  /// A train of decaying rings.
  struct Impact {
    /// Of one ring: sums of decaying sines.
    struct Mode {
      var frequency: Double
      var decay: Double
      var amplitude: Double
    }
    var modes: [Mode]
    /// Impacts per turn of the shaft or, where `isMains`, per half-wave of the mains.
    var rate: Double
    var isMains = false
    /// Impacts in each burst, and how far they lie from its middle at most, in burst lengths.
    var burst = 1
    var stray = 0.02
    var amplitude: Double
  }

  static func model(_ fault: Fault) -> FaultModel {
    switch fault {
    case .none:
      FaultModel()
    case .imbalance:  // the turning mass shakes the machine: once and twice per turn, and partials of the frame
      FaultModel(shaft: [
        Partial(multiple: 1, amplitude: 2), Partial(multiple: 2, amplitude: 1.2), Partial(multiple: 3, amplitude: 0.9),
        Partial(multiple: 4, amplitude: 0.6), Partial(multiple: 5, amplitude: 0.4),
      ])
    case .rub:  // scraping once a turn, and the half orders of a rotor that bounces
      FaultModel(
        shaft: [
          Partial(multiple: 0.5, amplitude: 0.5), Partial(multiple: 1.5, amplitude: 0.3),
          Partial(multiple: 2.5, amplitude: 0.2),
        ], scrape: 0.8)
    case .knock:
      FaultModel(
        impact: Impact(
          modes: [
            .init(frequency: 240, decay: 0.012, amplitude: 1), .init(frequency: 900, decay: 0.005, amplitude: 0.6),
            .init(frequency: 2600, decay: 0.001, amplitude: 0.5),
          ], rate: 1, amplitude: 5))
    case .bearing:  // balls pass a flaw of the outer race about 3.58 times a turn and make it ring
      FaultModel(
        impact: Impact(
          modes: [
            .init(frequency: 3400, decay: 0.0012, amplitude: 1), .init(frequency: 5200, decay: 0.0007, amplitude: 0.5),
          ], rate: 3.58, stray: 0.01, amplitude: 3))
    case .blockage:  // the flow breaks away
      FaultModel(turbulence: 1.5, surge: 0.5)
    case .hum:  // a loose core: whole and odd multiples of the mains frequency
      FaultModel(mains: [
        Partial(multiple: 1, amplitude: 0.4), Partial(multiple: 2, amplitude: 1.5),
        Partial(multiple: 3, amplitude: 0.4),
        Partial(multiple: 4, amplitude: 0.8), Partial(multiple: 6, amplitude: 0.5),
        Partial(multiple: 8, amplitude: 0.3),
        Partial(multiple: 10, amplitude: 0.2),
      ])
    case .corona:  // crackle around the peaks of each half-wave
      FaultModel(
        impact: Impact(
          modes: [
            .init(frequency: 7000, decay: 0.0003, amplitude: 1), .init(frequency: 11000, decay: 0.0002, amplitude: 0.7),
            .init(frequency: 3000, decay: 0.0003, amplitude: 0.5),
          ], rate: 1, isMains: true, burst: 10, stray: 0.18, amplitude: 2))
    }
  }
}
