import CKernels
import NodeKit
import Synchronization

/// A polyphase filter, ready for the realtime thread: immutable, shared by all nodes with its ratio and quality.
///
///     y[k] = sum over t < taps of row[k][t] * x[q - left + t],   k * down = q * up + phase
///
/// where a row depends on the phase alone, except at the start of a stream. Output samples are computed in groups, whose
/// rows begin at the same input sample and so share its loads: the row of a later output is shifted by zeros.
final class FilterTable: @unchecked Sendable {
  /// Consecutive output samples that are computed together.
  struct Group {
    /// KERNEL_FIR_ROWS rows [width], 64-byte aligned; those beyond `count` are zero.
    let rows: UnsafePointer<Float>
    let count: Int
    /// The first output sample, and input sample q of the first and of the last, from the beginning of their period.
    let output: Int
    let first: Int
    let last: Int
    /// The group that follows, and by how many input samples its period begins later.
    let next: Int
    let advance: Int
  }

  /// Coefficients of a row, and input samples that a group reads.
  let width: Int
  /// The groups of a stream's start, then those of a period, which repeat.
  let groups: UnsafePointer<Group>
  /// Input samples before and after q that an output sample depends on.
  let left: Int
  let right: Int
  /// The most input samples after its own q that an output waits for, so that its group is complete.
  let span: Int
  let bytes: Int
  private let memory = NodeMemory()

  /// Removes both ends where every phase is below 1e-9 of the peak.
  private init(starts first: [[Double]], phases: [[Double]], _ ratio: Ratio) {
    let responses = first + phases
    let half = responses[0].count / 2
    let peak = responses.joined().reduce(0) { max($0, abs($1)) }
    func counts(_ d: Int) -> Bool { responses.contains { abs($0[d + half]) >= 1e-9 * peak } }
    let used = (-half...half).filter(counts)
    let right = max(0, used.last ?? 0)
    let layout = GroupLayout(ratio, starts: first.count)
    let lanes = Int(KERNEL_FIR_LANES)
    width = (max(0, -(used.first ?? 0)) + 1 + right + layout.span + lanes - 1) / lanes * lanes
    // Zeros that fill the last lanes come first, because all samples there have arrived.
    let left = width - 1 - right - layout.span
    let size = Int(KERNEL_FIR_ROWS) * width
    let table: UnsafeMutablePointer<Float> = memory.array(repeating: 0, count: layout.groups.count * size)
    for (index, group) in layout.groups.enumerated() {
      for (row, k) in group.enumerated() {
        let isOwn = index < layout.starts && k < first.count
        let response = isOwn ? first[k] : phases[k * ratio.down % ratio.up]
        let shift = ratio.inputIndex(k) - ratio.inputIndex(group.lowerBound)
        let target = table + index * size + row * width + shift + left
        for d in max(-half, -left)...right { target[d] = Float(response[half + d]) }
      }
    }
    groups = UnsafePointer(memory.array(layout.groups.indices.map { layout.entry($0, rows: table + $0 * size) }))
    self.left = left
    self.right = right
    span = layout.span
    bytes = memory.bytes
  }

  private struct Key: Hashable {
    let ratio: Ratio
    let quality: Quality
  }
  private static let cache = Mutex<[Key: FilterTable]>([:])

  /// The table for a ratio and quality, made at its first use.
  ///
  /// Thread: control.
  static func table(_ ratio: Ratio, _ quality: Quality) throws -> FilterTable {
    let key = Key(ratio: ratio, quality: quality)
    return try cache.withLock { cache in
      if let table = cache[key] { return table }
      let design = FilterDesign(ratio: ratio, quality: quality)
      let table = FilterTable(starts: try design.startResponses(), phases: try design.responses(), ratio)
      if cache.values.reduce(table.bytes, { $0 + $1.bytes }) > FilterDesign.maximumBytes { cache = [:] }
      cache[key] = table
      return table
    }
  }
}
