import CSoxr
import NodeKit

/// The start of a stream. Where libsoxr works in several stages, each stage assumes zeros before its own first sample,
/// although the stage before would already have rung there. So the first output samples (about two to ninety) have
/// responses of their own, and ours must have the same.
extension FilterDesign {
  /// The number of output samples that are examined.
  private static var mostEdge: Int { 512 }
  /// The most impulses (about 0.1 ms each). Ratios below a twelfth of the rate would take more; there the first samples
  /// get the same responses as all others.
  private static var mostImpulses: Int { 2048 }

  /// Responses of the first output samples, in the layout of `responses()`: [count][2 * half + 1], the response of x[q
  /// + d] at d + half. Empty where the first sample is like all others.
  func startResponses() throws -> [[Double]] {
    let soxr = try create()
    defer { soxr_delete(soxr) }
    let count = try edgeLength(soxr)
    let inputs = ratio.inputIndex(count - 1) + half + 1
    guard count > 0, inputs <= Self.mostImpulses else { return [] }
    var rows = Array(repeating: [Double](repeating: 0, count: 2 * half + 1), count: count)
    var impulse = [Double](repeating: 0, count: inputs)
    for position in 0..<inputs {
      impulse[position] = 1
      let output = try convert(impulse, soxr)
      impulse[position] = 0
      for k in 0..<count {
        let d = position - ratio.inputIndex(k)
        if abs(d) <= half { rows[k][d + half] = output[k] }
      }
    }
    return rows
  }

  /// The number of output samples at the start that differ from later ones: sends noise through twice, the second time
  /// after a number of zeros that gives the same phases again.
  private func edgeLength(_ soxr: soxr_t) throws -> Int {
    let count = ratio.inputIndex(2 * Self.mostEdge) + 2 * half
    var state: UInt64 = 1
    let noise = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) / 0x1p52
    }
    let rounds = (2 * half + ratio.down - 1) / ratio.down
    let early = try convert(noise, soxr)
    let late = try convert([Double](repeating: 0, count: rounds * ratio.down) + noise, soxr)
    let differences = (0..<2 * Self.mostEdge).map { abs(early[$0] - late[$0 + rounds * ratio.up]) }
    // Interpolated filters do not repeat exactly: samples that also differ later are not part of the start.
    let floor = differences[Self.mostEdge...].max() ?? 0
    return (differences[..<Self.mostEdge].lastIndex { $0 > max(1e-7, 2 * floor) } ?? -1) + 1
  }

  /// Resamples all of a short signal at once.
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
