/// The sound of a healthy machine of a kind. Amplitudes are relative: at the end the sum is scaled to `level`.
struct MachineModel {
  /// A partial: a multiple of the shaft's or the mains' frequency.
  struct Partial {
    var multiple: Double
    var amplitude: Double
  }

  /// Hertz; nil: there is no shaft.
  var speed: Double?
  /// Multiples of the shaft's speed; halves are allowed.
  var shaft: [Partial] = []
  /// Whole multiples of the mains frequency.
  var mains: [Partial] = []
  /// Broadband noise of flow, friction or wind, RMS.
  var turbulence: Double
  /// Amplitudes of the noise's layers: white, and slower by 4, 16, 64, 256. Equal ones make pink noise.
  var color: [Double]
  /// Share of all amplitudes that follows the load.
  var loadShare: Double
  /// How far the speed falls from no load to full load.
  var slip: Double
  var faults: Set<Fault>

  private static let rotatingFaults: Set<Fault> = [.none, .imbalance, .rub, .knock, .bearing, .hum]

  static func model(_ machine: Machine) -> MachineModel {
    switch machine {
    case .fan:  // seven blades at 1450 rpm
      MachineModel(
        speed: 1450 / 60.0, shaft: partials([1: 0.3, 2: 0.12, 7: 1, 14: 0.5, 21: 0.25, 28: 0.12]),
        mains: partials([2: 0.1]), turbulence: 0.8, color: [0.5, 0.8, 1, 1, 0.7], loadShare: 0.5, slip: 0.03,
        faults: rotatingFaults.union([.blockage]))
    case .pump:  // five vanes at 2900 rpm
      MachineModel(
        speed: 2900 / 60.0, shaft: partials([1: 0.4, 2: 0.25, 3: 0.1, 5: 1, 10: 0.6, 15: 0.35, 20: 0.2]),
        mains: partials([2: 0.15]), turbulence: 0.5, color: [0.8, 1, 1, 0.6, 0.3], loadShare: 0.4, slip: 0.02,
        faults: rotatingFaults.union([.blockage]))
    case .motor:  // four poles at 1480 rpm, 28 rotor slots
      MachineModel(
        speed: 1480 / 60.0, shaft: partials([1: 0.5, 2: 0.25, 4: 0.1, 28: 0.3, 56: 0.1]),
        mains: partials([2: 1, 4: 0.3, 6: 0.15]), turbulence: 0.3, color: [0.6, 1, 1, 0.6, 0.3], loadShare: 0.3,
        slip: 0.04, faults: rotatingFaults)
    case .transformer:
      MachineModel(
        speed: nil, mains: partials([2: 1, 4: 0.5, 6: 0.35, 8: 0.2, 10: 0.12, 12: 0.08]), turbulence: 0.1,
        color: [0.6, 1, 1, 0.6, 0.3], loadShare: 0.3, slip: 0, faults: [.none, .hum, .corona])
    case .powerLine:  // hum and wind
      MachineModel(
        speed: nil, mains: partials([2: 0.3, 4: 0.12, 6: 0.06]), turbulence: 1, color: [0.25, 0.5, 0.9, 1.2, 1.2],
        loadShare: 0.2, slip: 0, faults: [.none, .hum, .corona])
    }
  }

  private static func partials(_ amplitudes: [Int: Double]) -> [Partial] {
    amplitudes.sorted { $0.key < $1.key }.map { Partial(multiple: Double($0.key), amplitude: $0.value) }
  }
}

enum Machine: String, CaseIterable {
  case fan, pump, motor, transformer
  case powerLine = "power_line"
}
