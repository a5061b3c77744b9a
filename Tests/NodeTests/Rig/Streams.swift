import CNodeABI
import Foundation
import TestSupport

/// Formats that tests give to nodes. Machine names live as long as the process.
func format(
  _ kind: UInt32, channels: Int = 1, rows: Int = 1, columns: Int = 1, rate: Int = 48000, denominator: Int64 = 1,
  period: Int64 = 1, extent: Int64? = nil, offset: Int64 = 0, lookahead: Int64 = 0,
  scale: UInt32 = AUSCULT_SCALE_LINEAR,
  frequencies: [Float] = []
) -> auscult_format {
  let machines = UnsafeMutablePointer<UnsafePointer<CChar>?>.allocate(capacity: channels)
  for channel in 0..<channels { machines[channel] = UnsafePointer(strdup("machine-\(channel)")) }
  let hertz = UnsafeMutablePointer<Float>.allocate(capacity: max(1, frequencies.count))
  hertz.initialize(from: frequencies, count: frequencies.count)
  return auscult_format(
    size: UInt32(MemoryLayout<auscult_format>.size), kind: kind, channels: UInt32(channels), rows: UInt32(rows),
    columns: UInt32(columns), driver_rate: UInt32(rate), denominator: denominator, period: period,
    extent: extent ?? period, offset: offset, lookahead: lookahead, stamp: AUSCULT_STAMP_HOST, scale: scale,
    frequencies: frequencies.isEmpty ? nil : UnsafePointer(hertz), frequency_count: UInt32(frequencies.count),
    silent_share: 0, machines: UnsafePointer(machines))
}

/// A block of audio: channels of equal length, the first sample at `index`.
func audio(_ format: auscult_format, _ samples: [[Float]], index: Int64 = 0, isEnd: Bool = false) -> TokenBlock {
  let block = TokenBlock(format, capacity: samples[0].count)
  for (channel, values) in samples.enumerated() {
    for (frame, value) in values.enumerated() { block.payload(frame, channel, as: Float.self).pointee = value }
  }
  block.count = samples[0].count
  block.pointer.pointee.heads[0].index = index
  if isEnd { block.pointer.pointee.flags |= AUSCULT_BLOCK_END }
  return block
}

extension TokenBlock {
  /// The samples of every channel of an audio block.
  var samples: [[Float]] {
    (0..<Int(format.pointee.channels)).map { channel in
      (0..<count).map { payload($0, channel, as: Float.self).pointee }
    }
  }
}

extension SeededRandom {
  /// From a seed that a failing test prints (the name of the test's argument).
  init(_ seed: UInt64) { self.init(seed: seed &* 0x9e37_79b9_7f4a_7c15 &+ 1) }

  mutating func noise(_ count: Int, _ level: Float = 0.5) -> [Float] {
    (0..<count).map { _ in Float.random(in: -level...level, using: &self) }
  }
  /// Cuts of 1 to `most` that sum up to `total`, half of them small.
  mutating func cuts(_ total: Int, most: Int = 1024) -> [Int] {
    var left = total
    var result: [Int] = []
    while left > 0 {
      let bound = Bool.random(using: &self) ? most : min(most, 17)
      let cut = min(left, Int.random(in: 1...bound, using: &self))
      result.append(cut)
      left -= cut
    }
    return result
  }
}

extension Rig {
  /// Runs audio through a node with one audio input and one audio output, cut as given, to the stream's end.
  func run(_ samples: [[Float]], cuts: [Int], isEnd: Bool = true) throws -> [[Float]] {
    let input = inputFormat
    var result = [[Float]](repeating: [], count: Int(outputs[0].channels))
    var from = 0
    for (number, cut) in cuts.enumerated() {
      let last = isEnd && number == cuts.count - 1
      let block = audio(input, samples.map { Array($0[from..<from + cut]) }, index: Int64(from), isEnd: last)
      let output = try process([block], position: Int64(from), frames: cut, isEnd: last)[0]
      precondition(output.count <= output.capacity)
      for (channel, values) in output.samples.enumerated() { result[channel] += values }
      from += cut
    }
    return result
  }
}
