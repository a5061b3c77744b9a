import CNodeABI
import Glibc
import NodeHost
import NodeKit
import NodeRigs

/// Looks for formats and parameters that a class accepts, by trying random ones.
struct Arranger {
  private let trial: Trial
  private var random: SeededGenerator
  private var nodeClass: NodeClass { trial.nodeClass }
  private static let attempts = 48
  /// Seconds after which no further attempt begins: a training may take long.
  private static let patience = 8.0

  init(_ trial: Trial) {
    self.trial = trial
    random = SeededGenerator(seed: trial.seed)
  }

  /// - Throws: `Trial.Skip` with the class's reasons if it accepts none of them.
  mutating func arrange() throws -> Arrangement {
    var refusals: [String] = []
    let began = clockSeconds()
    for attempt in 0..<Self.attempts where attempt < 3 || clockSeconds() - began < Self.patience {
      do {
        let arrangement = try candidate(attempt)
        let rig = try trial.rig(arrangement)
        try rig.activate()
        guard Feeder.fits(rig) else { throw NodeRig.Failure("its tokens are too large for a trial") }
        return arrangement
      } catch let failure as NodeRig.Failure {
        if !refusals.contains(failure.description) { refusals.append(failure.description) }
      }
    }
    throw Trial.Skip(
      "it accepts no formats and parameters that were tried; its reasons: "
        + refusals.prefix(3).joined(separator: "; ") + "; give it what it needs with --set NAME=VALUE")
  }

  private mutating func candidate(_ attempt: Int) throws -> Arrangement {
    var arrangement = Arrangement(nodeClass: nodeClass)
    arrangement.rate = [8000, 16000, 44100, 48000][random.index(4)]
    let ports = linkedPorts(attempt)
    let channels = 1 + random.index(attempt < 24 ? 3 : 1)
    var grid = Grid(&random, kinds: ports.map { nodeClass.inputs[$0].kinds })
    for port in ports {
      let kinds = Port.Kinds.each(of: nodeClass.inputs[port].kinds)
      let kind = kinds[(Int(trial.seed % 64) + attempt) % kinds.count]
      let format = grid.format(kind, channels: channels, rate: arrangement.rate, &random)
      arrangement.inputs.append(.init(port: port, format: format))
    }
    if grid.isSlow, !arrangement.inputs.isEmpty { arrangement.quantum = 8192 }
    arrangement.frames = grid.frames(arrangement.inputs.map(\.format.native), quantum: arrangement.quantum)
    arrangement.settings = settings(attempt, rate: arrangement.rate)
    if ModelTrainer.isNeeded(nodeClass), trial.given[ModelTrainer.parameter] == nil {
      let path = "\(trial.modelFolder)/\(attempt).safetensors"
      if access(path, R_OK) != 0 { try ModelTrainer(trial, arrangement).write(path) }
      arrangement.settings[ModelTrainer.parameter] = .text(path)
    }
    return arrangement
  }

  /// Every port once, one that takes many links twice; optional ones only in some attempts.
  private func linkedPorts(_ attempt: Int) -> [Int] {
    nodeClass.inputs.indices.flatMap { index -> [Int] in
      let flags = nodeClass.inputs[index].flags
      if flags.contains(.optional) && attempt % 2 == 1 { return [] }
      return flags.contains(.many) && attempt % 3 < 2 ? [index, index] : [index]
    }
  }

  // MARK: Parameters

  /// Values of what has no default; outputs go into the scratch folder.
  private mutating func settings(_ attempt: Int, rate: Int) -> [String: Setting] {
    var settings = trial.given
    for parameter in nodeClass.parameters where settings[parameter.name] == nil {
      if parameter.kind == .outputPath {
        settings[parameter.name] = .text("\(trial.scratch)/\(parameter.name)")
      } else if parameter.flags.contains(.required), let value = guess(parameter, attempt, rate: rate) {
        settings[parameter.name] = value
      }
    }
    return settings
  }

  private mutating func guess(_ parameter: Parameter, _ attempt: Int, rate: Int) -> Setting? {
    let within = { (value: Double) in min(max(value, parameter.minimum), parameter.maximum) }
    switch parameter.kind {
    case .number, .integer:
      let value =
        switch parameter.unit {
        case .hertz: [Double(rate) / 2, 2 * Double(rate), 16000, 100][attempt % 4]
        case .second: [0.05, 0.5, 5][attempt % 3]
        case .decibel: [0.0, -20][attempt % 2]
        case .percent: [50.0, 100][attempt % 2]
        default: attempt == 0 ? 0 : Double(1 << random.index(5))
        }
      return .number(within(value), parameter.unit.rawValue)
    case .boolean: return .boolean(attempt % 2 == 0)
    case .choice: return parameter.choices.isEmpty ? nil : .text(parameter.choices[attempt % parameter.choices.count])
    case .text: return .text("conformance")
    case .inputPath, .outputPath: return nil
    }
  }
}

extension Port.Kinds {
  static func each(of kinds: Port.Kinds) -> [UInt32] { (0..<6).map { 1 << $0 }.filter { kinds.rawValue & $0 != 0 } }
}
