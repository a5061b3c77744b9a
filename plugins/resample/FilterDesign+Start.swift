import CSoxr
import NodeKit

/// The start of a stream. Where libsoxr works in several stages, each of them knows nothing but zeros before its own
/// first sample, though the stage before would have rung there already. So its first few output samples (some two to
/// ninety) have responses of their own; to give the same numbers, so do ours.
extension FilterDesign {
  /// How many output samples are looked at.
  private static var mostEdge: Int { 512 }
  /// Impulses that are worth their time (about 0.1 ms each). Below a twelfth of the rate it would take more; there the
  /// first samples stay as all others.
  private static var mostImpulses: Int { 2048 }

  /// Responses of the first output samples, laid out as those of `responses()`: [count][2 * half + 1], that of x[q + d]
  /// at d + half. Empty where the first sample is made as all others are.
  func startResponses() throws -> [[Double]] {
    let soxr = try create()
    defer { soxr_delete(soxr) }
    let count = try edgeLength(soxr)
    let inputs = inputIndex(count - 1) + half + 1
    guard count > 0, inputs <= Self.mostImpulses else { return [] }
    var rows = Array(repeating: [Double](repeating: 0, count: 2 * half + 1), count: count)
    var impulse = [Double](repeating: 0, count: inputs)
    for position in 0..<inputs {
      impulse[position] = 1
      let output = try convert(impulse, soxr)
      impulse[position] = 0
      for k in 0..<count {
        let d = position - inputIndex(k)
        if abs(d) <= half { rows[k][d + half] = output[k] }
      }
    }
    return rows
  }

  /// The input sample q at or before output sample k.
  private func inputIndex(_ k: Int) -> Int { k * ratio.down / ratio.up }

  /// How many output samples at the start differ from those further on: noise is sent through twice, the second time
  /// after as many zeros as bring the same phases again.
  private func edgeLength(_ soxr: soxr_t) throws -> Int {
    let count = inputIndex(2 * Self.mostEdge) + 2 * half
    var state: UInt64 = 1
    let noise = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) / 0x1p52
    }
    let rounds = (2 * half + ratio.down - 1) / ratio.down
    let early = try convert(noise, soxr)
    let late = try convert([Double](repeating: 0, count: rounds * ratio.down) + noise, soxr)
    let differences = (0..<2 * Self.mostEdge).map { abs(early[$0] - late[$0 + rounds * ratio.up]) }
    // Interpolated filters do not repeat exactly: what differs further on as well is not the start's.
    let floor = differences[Self.mostEdge...].max() ?? 0
    return (differences[..<Self.mostEdge].lastIndex { $0 > max(1e-7, 2 * floor) } ?? -1) + 1
  }

  /// All of a short signal at once.
  private func convert(_ input: [Double], _ soxr: soxr_t) throws -> [Double] {
    soxr_clear(soxr)
    var output = [Double](repeating: 0, count: input.count * ratio.up / ratio.down + 64)
    var (done, isFed) = (0, false)
    while true {
      var now = 0
      let room = output.count - done
      let failure = output.withUnsafeMutableBufferPointer { buffer in
        soxr_process(soxr, isFed ? nil : input, isFed ? 0 : input.count, nil, buffer.baseAddress! + done, room, &now)
      }
      if let failure { throw NodeError("libsoxr: \(String(cString: failure))") }
      done += now
      if isFed && now == 0 { return Array(output[..<done]) }
      isFed = true
    }
  }
}
