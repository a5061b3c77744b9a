import NodeKit

/// Mel spectrogram, as librosa 0.11 computes it from a spectrum.
final class Mel: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "mel", version: "1.0.0", summary: "Mel spectrogram: sums a spectrum into mel bands.", realtime: .hard,
      inputs: [PortDeclaration("in", .spectrum, "Complex spectrum")],
      outputs: [PortDeclaration("out", .features, "One value for each band")],
      parameters: [
        .integer("bands", "Number of bands", default: "128", range: 1...16384),
        .number("fmin", "Lowest frequency of the first band", unit: .hertz, default: "0", range: 0...1e9),
        .number(
          "fmax", "Highest frequency of the last band; default: half of the rate", unit: .hertz, range: 0...1e9),
        .choice("scale", "Formula of the mel scale", of: MelScale.allCases.map(\.rawValue), default: "slaney"),
        .choice(
          "norm", "slaney: filters of equal area; none: of height 1", of: ["slaney", "none"], default: "slaney"),
        Power.exponentDeclaration,
      ])
  }

  private let bands: Int
  private let lowest: Double
  private let highest: Double?
  private let scale: MelScale
  private let isNormalized: Bool
  private let exponent: Int
  private var bank = FilterBank(bins: [0], points: [0, 0, 0], isNormalized: false)
  private var columns = 0
  private let memory = NodeMemory()
  private var summer: UnsafeMutablePointer<BandSummer>?

  required init(_ arguments: Arguments) throws {
    bands = arguments.integer("bands")
    lowest = arguments.number("fmin")
    highest = arguments["fmax"]?.number
    scale = MelScale(rawValue: arguments.text("scale"))!
    isNormalized = arguments.text("norm") == "slaney"
    exponent = arguments.integer("power")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    columns = setup.input.columns
    bank = try makeBank(setup.input)
    if bank.emptyCount > 0 {
      host.log(
        .warning,
        "\(bank.emptyCount) of the \(bands) mel bands are empty: no bin of the spectrum falls into them; use fewer "
          + "bands or a longer fft")
    }
    answer.output.format.kind = .features
    answer.output.format.columns = bands
    answer.output.format.scale = .linear
    answer.output.format.frequencies = bank.centers
    answer.memory = BandSummer.memory(bank)
  }

  private func makeBank(_ input: StreamFormat) throws -> FilterBank {
    guard input.frequencies.count == columns, columns >= 2, let top = input.frequencies.last, top > 0 else {
      throw NodeError("the spectrum does not say which frequencies its bins have")
    }
    // Bins are spaced evenly from 0; the top one, half of the rate, is exact in float where the others may be rounded.
    let half = Double(top)
    let bins = (0..<columns).map { half * Double($0) / Double(columns - 1) }
    let highest = highest ?? half
    guard highest <= half else {
      throw NodeError("\(highest) Hz is above half of the rate, \(half) Hz", parameter: "fmax")
    }
    guard lowest < highest else {
      throw NodeError("\(lowest) Hz is not below the highest frequency, \(highest) Hz", parameter: "fmin")
    }
    return FilterBank(
      bins: bins, points: scale.frequencies(count: bands + 2, from: lowest, to: highest), isNormalized: isNormalized)
  }

  override func activate() throws {
    memory.free()
    summer = memory.value(BandSummer(bank, columns: columns, exponent: exponent, memory))
  }

  override func deactivate() {
    summer = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let summer else { return }
    let input = cycle.input
    let output = cycle.output
    for token in 0..<input.count {
      for channel in 0..<input.channels {
        summer.pointee.sum(input.values(token, channel), into: output.values(token, channel))
      }
    }
    output.count = input.count
  }
}
