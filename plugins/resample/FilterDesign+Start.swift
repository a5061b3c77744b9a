import CSoxr
import NodeKit

/// The start of a stream. Where libsoxr works in several stages, each of them knows nothing but zeros before its own
/// first sample, though the stage before would have rung there already. So its first few output samples (some two to
/// ninety) have responses of their own; to give the same numbers, so do ours.
extension FilterDesign {
  /// How many output samples are looked at.
  private static var mostEdge: Int { 512 }

  /// Responses of the first output samples, laid out as those of `responses()`: [count][2 * half + 1], that of x[q + d] at
  /// d + half. Empty where the first sample is made as all others are.
  func startResponses() throws -> [[Double]] {
    let count = try edgeLength()
    guard count > 0 else { return [] }
    let inputs = inputIndex(count - 1) + half + 1
    var rows = Array(repeating: [Double](repeating: 0, count: 2 * half + 1), count: count)
    // One channel for each input sample, with the impulse there; some at a time.
    for first in stride(from: 0, to: inputs, by: 64) {
      let channels = min(64, inputs - first)
      var impulses = [Double](repeating: 0, count: inputs * channels)
      for channel in 0..<channels { impulses[(first + channel) * channels + channel] = 1 }
      let output = try convert(impulses, channels: channels)
      for k in 0..<min(count, output.count / channels) {
        for channel in 0..<channels {
          let d = first + channel - inputIndex(k)
          if abs(d) <= half { rows[k][d + half] = output[k * channels + channel] }
        }
      }
    }
    return rows
  }

  /// The input sample q at or before output sample k.
  private func inputIndex(_ k: Int) -> Int { k * ratio.down / ratio.up }

  /// How many output samples at the start differ from those further on: noise is sent through twice, the second time
  /// after as many zeros as bring the same phases again.
  private func edgeLength() throws -> Int {
    let count = inputIndex(2 * Self.mostEdge) + 2 * half
    var state: UInt64 = 1
    let noise = (0..<count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Double(Int64(bitPattern: state) >> 11) / 0x1p52
    }
    let rounds = (2 * half + ratio.down - 1) / ratio.down
    let early = try convert(noise, channels: 1)
    let late = try convert([Double](repeating: 0, count: rounds * ratio.down) + noise, channels: 1)
    let differences = (0..<2 * Self.mostEdge).map { abs(early[$0] - late[$0 + rounds * ratio.up]) }
    // Interpolated filters do not repeat exactly: what differs further on as well is not the start's.
    let floor = differences[Self.mostEdge...].max() ?? 0
    return (differences[..<Self.mostEdge].lastIndex { $0 > max(1e-7, 2 * floor) } ?? -1) + 1
  }

  /// All of a short interleaved signal at once.
  private func convert(_ input: [Double], channels: Int) throws -> [Double] {
    let soxr = try create(channels: channels)
    defer { soxr_delete(soxr) }
    let frames = input.count / channels
    var output = [Double](repeating: 0, count: (frames * ratio.up / ratio.down + 64) * channels)
    var (done, isFed) = (0, false)
    while true {
      var now = 0
      let room = output.count / channels - done
      let failure = output.withUnsafeMutableBufferPointer { buffer in
        soxr_process(
          soxr, isFed ? nil : input, isFed ? 0 : frames, nil, buffer.baseAddress! + done * channels, room, &now)
      }
      if let failure { throw NodeError("libsoxr: \(String(cString: failure))") }
      done += now
      defer { isFed = true }
      if isFed && now == 0 { return Array(output[..<(done * channels)]) }
    }
  }
}
