import CSoxr
import NodeKit

/// The qualities of libsoxr, and the bounds of their tables.
enum Quality: String, Sendable, CaseIterable {
  case quick, lq, mq, hq, vhq

  fileprivate var recipe: UInt {
    switch self {
    case .quick: UInt(SOXR_QQ)
    case .lq: UInt(SOXR_LQ)
    case .mq: UInt(SOXR_MQ)
    case .hq: UInt(SOXR_20_BITQ)
    case .vhq: UInt(SOXR_28_BITQ)
    }
  }

  /// Half the length of the impulse response down to 1e-15 of its peak, in sample periods of the lower rate, and a few
  /// more. Found by experiment; `FilterDesign` checks that nothing lies outside.
  fileprivate var reach: Int {
    switch self {
    case .quick: 4
    case .lq: 36
    case .mq: 104
    case .hq: 124
    case .vhq: 160
    }
  }
}

/// Uses libsoxr as a filter designer: its impulse response at every phase is the polyphase table.
///
/// For a ratio up / down, libsoxr is linear and repeats every `down` input samples:
///     y[k] = sum over d of table[phase][d] * x[q + d],   k * down = q * up + phase,   0 <= phase < up
/// so one impulse at each of `down` input phases, far enough apart, gives the whole table. It runs in double precision:
/// the same filters as in single, without the rounding noise of its block transforms. At the very start of a stream
/// some samples differ, see FilterDesign+Start.swift.
struct FilterDesign {
  /// Bounds of a table and its design: bytes, and samples that go through libsoxr (about a second).
  static let maximumBytes = 64 << 20
  static let maximumSamples = 24_000_000

  let ratio: Ratio
  let quality: Quality

  /// Half the length that is examined, in input samples.
  var half: Int { Int((Double(quality.reach) * ratio.stretch).rounded(.up)) + 2 }
  /// Input samples between two impulses: more than twice `half`, and coprime to `down`, so that `down` impulses meet
  /// every phase.
  private var spacing: Int {
    var spacing = 2 * half + 1
    while greatestCommonDivisor(Int64(spacing), Int64(ratio.down)) != 1 { spacing += 1 }
    return spacing
  }
  private var inputSamples: Int { spacing * ratio.down + 2 * half }

  /// Whether table and design stay within the bounds. Cheap.
  var isFeasible: Bool {
    let bytes = (2 * half + 16).multipliedReportingOverflow(by: 4 * ratio.up)
    let samples = spacing.multipliedReportingOverflow(by: ratio.down)
    return !bytes.overflow && !samples.overflow && bytes.partialValue <= Self.maximumBytes
      && samples.partialValue + (samples.partialValue / ratio.down) * ratio.up <= Self.maximumSamples
  }

  /// Coefficients [up][2 * half + 1]: the coefficient of x[q + d] is at index d + half. Takes up to a second.
  func responses() throws -> [[Double]] {
    var table = Array(repeating: [Double](repeating: 0, count: 2 * half + 1), count: ratio.up)
    var last = 0.0
    let spacing = spacing
    try run { position, value in
      // y[k] belongs to the impulse nearest to k * down / up.
      let (q, phase) = (position * ratio.down).quotientAndRemainder(dividingBy: ratio.up)
      let impulse = min(max((q - half + spacing / 2) / spacing, 0), ratio.down - 1)
      let d = half + impulse * spacing - q
      if abs(d) <= half { table[phase][d + half] = value } else { last = max(last, abs(value)) }
    }
    // Halving and quartering leave traces of 1e-9 of the peak all over libsoxr's transform: rounding, not filter.
    guard last < 1e-8 else { throw NodeError("libsoxr's filter for \(ratio.up)/\(ratio.down) is longer than expected") }
    return table
  }

  /// A resampler of this ratio and quality, for doubles.
  func create() throws -> soxr_t {
    var failure: soxr_error_t?
    var io = soxr_io_spec(SOXR_FLOAT64_I, SOXR_FLOAT64_I)
    var spec = soxr_quality_spec(quality.recipe, UInt(SOXR_DOUBLE_PRECISION))
    let soxr = soxr_create(Double(ratio.down), Double(ratio.up), 1, &failure, &io, &spec, nil)
    guard let soxr else {
      throw NodeError("libsoxr refuses \(ratio.up)/\(ratio.down): \(failure.map { String(cString: $0) } ?? "")")
    }
    return soxr
  }

  /// Sends the impulses through libsoxr, block by block, and gives each output sample with its index.
  private func run(_ take: (Int, Double) -> Void) throws {
    let soxr = try create()
    defer { soxr_delete(soxr) }
    var input = [Double](repeating: 0, count: 1 << 15)
    var output = [Double](repeating: 0, count: 1 << 15)
    var (fed, taken) = (0, 0)
    while true {
      let offered = min(input.count, inputSamples - fed)
      placeImpulses(in: &input, at: fed)
      var (used, done) = (0, 0)
      if let failure = soxr_process(soxr, offered > 0 ? input : nil, offered, &used, &output, output.count, &done) {
        throw NodeError("libsoxr: \(String(cString: failure))")
      }
      for index in 0..<done { take(taken + index, output[index]) }
      fed += used
      taken += done
      if offered == 0 && done == 0 { return }
    }
  }

  /// Fills a block with zeros and the impulses that fall into it.
  private func placeImpulses(in block: inout [Double], at position: Int) {
    for index in block.indices { block[index] = 0 }
    let spacing = spacing
    var impulse = max(0, (position - half + spacing - 1) / spacing)
    while impulse < ratio.down && half + impulse * spacing < position + block.count {
      block[half + impulse * spacing - position] = 1
      impulse += 1
    }
  }
}
