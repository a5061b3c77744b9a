import NodeKit
import Synchronization

/// A polyphase filter, ready for the realtime thread: immutable, shared by all nodes with its ratio and quality.
///
///     y[k] = sum over t < taps of row[t] * x[q - left + t],   k * down = q * up + phase
///
/// where the row is number k for k < starts, and number starts + phase from then on.
final class FilterTable: @unchecked Sendable {
  /// Rows [starts + up][taps], each 64-byte aligned.
  let rows: UnsafePointer<Float>
  /// Coefficients of a row: a multiple of 16, padded with zeros in front.
  let taps: Int
  /// Input samples before and after q that an output sample depends on: taps = left + 1 + right.
  let left: Int
  let right: Int
  /// Output samples at the start of a stream that have their own rows.
  let starts: Int
  let bytes: Int
  private let memory = NodeMemory()

  /// Removes both ends where every phase is below 1e-9 of the peak.
  private init(starts first: [[Double]], phases: [[Double]]) {
    let responses = first + phases
    starts = first.count
    let half = responses[0].count / 2
    let peak = responses.joined().reduce(0) { max($0, abs($1)) }
    func counts(_ d: Int) -> Bool { responses.contains { abs($0[d + half]) >= 1e-9 * peak } }
    let used = (-half...half).filter(counts)
    right = max(0, used.last ?? 0)
    taps = (max(0, -(used.first ?? 0)) + 1 + right + 15) / 16 * 16
    left = taps - 1 - right
    let table: UnsafeMutablePointer<Float> = memory.array(repeating: 0, count: responses.count * taps)
    bytes = memory.bytes
    for (row, response) in responses.enumerated() {
      for d in max(-half, -left)...right { table[row * taps + left + d] = Float(response[half + d]) }
    }
    rows = UnsafePointer(table)
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
      let table = FilterTable(starts: try design.startResponses(), phases: try design.responses())
      if cache.values.reduce(table.bytes, { $0 + $1.bytes }) > FilterDesign.maximumBytes { cache = [:] }
      cache[key] = table
      return table
    }
  }
}
