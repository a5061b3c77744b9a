import Glibc

/// The memory of tokens [rows x columns] of one channel. Rows that a token shares with the one before, bit for bit, are
/// stored once: slices that overlap become views of one sequence of analysis frames.
///
/// Thread: any, one at a time. Tokens stay where they are, so other threads may read those that were added.
public final class TokenMemory: @unchecked Sendable {
  /// Bytes of all tokens.
  public private(set) var bytes = 0
  private let rows: Int
  private let columns: Int
  private var pieces: [UnsafeMutablePointer<Float>] = []
  /// Rows of a piece, and of the last piece those in use. The last token ends with the last one in use.
  private let pieceRows: Int
  private var used: Int
  private var last: UnsafeMutablePointer<Float>?
  /// Rows from a token to the next one, as last found.
  private var step = 1

  /// Values of a piece: 4 MiB.
  private static let pieceValues = 1 << 20
  /// Zeros after a piece, because vector code may read in whole steps.
  private static let padding = 64

  public init(rows: Int, columns: Int) {
    self.rows = max(1, rows)
    self.columns = max(1, columns)
    pieceRows = max(8 * self.rows, Self.pieceValues / self.columns)
    used = pieceRows
  }

  deinit { for piece in pieces { free(piece) } }

  /// Adds a token.
  public func add(_ token: UnsafePointer<Float>) -> TokenView {
    let shared = sharedRows(token)
    if shared > 0, used + rows - shared <= pieceRows {
      append(token + shared * columns, rows: rows - shared)
    } else {
      if used + rows > pieceRows { addPiece() }
      append(token, rows: rows)
    }
    let first = pieces[pieces.count - 1] + (used - rows) * columns
    last = first
    return TokenView(memory: self, first: first, count: rows * columns)
  }

  private func append(_ values: UnsafePointer<Float>, rows: Int) {
    let count = rows * columns
    (pieces[pieces.count - 1] + used * columns).update(from: values, count: count)
    used += rows
    bytes += count * MemoryLayout<Float>.stride
  }

  private func addPiece() {
    let size = (pieceRows * columns + Self.padding) * MemoryLayout<Float>.stride
    guard let memory = malloc(size) else { fatalError("\(size) bytes of memory are not available") }
    let values = memory.bindMemory(to: Float.self, capacity: pieceRows * columns + Self.padding)
    (values + pieceRows * columns).update(repeating: 0, count: Self.padding)
    pieces.append(values)
    used = 0
  }

  /// The rows at the token's beginning that are the end of the last token.
  private func sharedRows(_ token: UnsafePointer<Float>) -> Int {
    guard let last, rows > 1 else { return 0 }
    if isAhead(token, of: last, by: step) { return rows - step }
    guard let found = (1..<rows).first(where: { isAhead(token, of: last, by: $0) }) else { return 0 }
    step = found
    return rows - found
  }

  private func isAhead(_ token: UnsafePointer<Float>, of last: UnsafePointer<Float>, by step: Int) -> Bool {
    memcmp(token, last + step * columns, (rows - step) * columns * MemoryLayout<Float>.stride) == 0
  }
}

/// A token in a `TokenMemory`, which lives as long as this.
public struct TokenView: @unchecked Sendable {
  let memory: TokenMemory
  /// [rows x columns]
  let first: UnsafePointer<Float>
  let count: Int

  /// Runs the body on the values [rows x columns].
  public func withValues<T>(_ body: (UnsafeBufferPointer<Float>) throws -> T) rethrows -> T {
    try withExtendedLifetime(memory) { try body(UnsafeBufferPointer(start: first, count: count)) }
  }
}
