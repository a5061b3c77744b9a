import CRealtime
import NodeKit
import NumberText

/// Changes the rate of audio by a ratio of whole numbers: gives the samples of libsoxr, and so of librosa, to 1e-6 of
/// full scale, with the same bits at any period size, without libsoxr's bursts and allocations.
///
/// Output sample k lies at input sample k * down / up: the filter's delay is compensated. Zeros precede the first
/// sample and follow the last one; n samples give ceil(n * up / down).
final class Resample: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "resample", version: "1.0.0", summary: "Changes the sample rate (the filters of libsoxr).", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")],
      outputs: [PortDeclaration("out", .audio, "Samples at the new rate")],
      parameters: [
        .number("rate", "Output sample rate", unit: .hertz, range: 1...768_000, flags: .required),
        .choice(
          "quality", "Filter; hq is librosa's default", of: Quality.allCases.map(\.rawValue), default: "hq"),
      ])
  }

  private let rate: Int
  private let quality: Quality
  private var ratio: Ratio?
  /// Keeps the memory of `polyphase` alive; nil where the rate stays.
  private var table: FilterTable?
  private var channels = 1
  private let memory = NodeMemory()
  private var polyphase: Polyphase?

  required init(_ arguments: Arguments) throws {
    let given = arguments.number("rate")
    guard abs(given - given.rounded()) < 1e-6 else {
      throw NodeError("\(given) Hz is not a whole number of hertz", parameter: "rate")
    }
    rate = Int(given.rounded())
    quality = Quality(rawValue: arguments.text("quality")) ?? .hq
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    let ratio = Ratio(to: rate, from: input)
    self.ratio = ratio
    channels = input.channels
    table = nil
    guard !ratio.isOne else { return }
    guard ratio.up <= Self.mostUpsampling * ratio.down else {
      throw NodeError(
        "\(NumberText.hertz(input.rate)) -> \(rate) Hz makes more than \(Self.mostUpsampling) samples from one: no sound "
          + "is recorded at such a rate; check the rate of the file, or remove the resample", parameter: "rate")
    }
    let design = FilterDesign(ratio: ratio, quality: quality)
    guard design.isFeasible else { throw tooLarge(input) }
    let table = try FilterTable.table(ratio, quality)
    self.table = table
    describe(input, ratio, table, &answer)
  }

  /// 4 kHz to 256 kHz; a higher ratio means a wrong rate in a file, and its blocks would take gigabytes.
  private static let mostUpsampling = 64

  /// Output sample k covers exactly [k, k + 1) * down / up input samples: ticks are refined until that is whole.
  private func describe(_ input: StreamFormat, _ ratio: Ratio, _ table: FilterTable, _ answer: inout Answer) {
    var output = input
    output.refine(by: Int64(ratio.up) / greatestCommonDivisor(Int64(ratio.up), input.period))
    let period = output.period
    output.period = period / Int64(ratio.up) * Int64(ratio.down)
    output.extent = output.period
    let ahead = table.span + table.right + 1
    let beyond = max(0, Int64(ahead) * period - output.period)
    output.lookahead += output.frames(ticks: beyond)
    answer.output.format = output
    answer.output.format.machines = []
    answer.output.burst = ((table.span + table.right) * ratio.up) / ratio.down + 2
    answer.latency = output.frames(ticks: Int64(ahead) * period)
    answer.history = output.frames(ticks: Int64(table.left) * period)
    answer.reach = output.frames(ticks: Int64(table.width) * period)
    answer.memory = table.bytes + channels * InputHistory.capacity(table) * MemoryLayout<Float>.stride
  }

  /// Names the nearest lower and higher rates whose tables are small enough.
  private func tooLarge(_ input: StreamFormat) -> NodeError {
    func isGood(_ rate: Int) -> Bool {
      let ratio = Ratio(to: rate, from: input)
      return rate >= 1 && (ratio.isOne || FilterDesign(ratio: ratio, quality: quality).isFeasible)
    }
    let below = (1..<max(2, rate)).reversed().first(where: isGood)
    let above = (rate + 1...max(rate + 1, 1_000_000)).first(where: isGood)
    let good = [below, above].compactMap { $0.map { "\($0) Hz" } }.joined(separator: " and ")
    return NodeError(
      "\(NumberText.hertz(input.rate)) -> \(rate) Hz has no common divisor that is large enough: the filter would need "
        + "more than \(FilterDesign.maximumBytes >> 20) MiB or a second of design; the nearest possible rates are \(good)",
      parameter: "rate")
  }

  override func activate() throws {
    deactivate()
    guard let table, let ratio else { return }
    polyphase = Polyphase(table, ratio, channels: channels, memory)
  }

  override func deactivate() {
    polyphase = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { polyphase?.restart() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    if polyphase == nil {
      passThrough(cycle)
    } else {
      polyphase?.process(cycle.input, cycle.output)
    }
  }

  /// The rate stays the same: samples pass unchanged.
  @_noLocks @_noAllocation
  private func passThrough(_ cycle: Cycle) {
    let count = cycle.input.count
    for channel in 0..<cycle.input.channels {
      realtime_copy(
        cycle.output.samples(channel), cycle.input.samples(channel), count * MemoryLayout<Float>.stride)
    }
    cycle.output.count = count
  }
}
