import COpenBLAS
import NodeKit

/// Sums over all tokens, and products of the matrix of all tokens: block by block, so that only a block is in memory in
/// double precision.
///
/// The bits are those of one product over all tokens: OpenBLAS itself sums in steps that divide the size of a block
/// (128, 192, 256 or 384 tokens, by processor), and halves only the rest of one step to two.
extension ScaledTokens {
  /// Tokens of a block; the last one has up to twice as many.
  private static let blockTokens = 768

  /// Calls the body with blocks of tokens [tokens x stride], in order.
  ///
  /// - Parameter extra: further values of each token, which are 1.
  private func forBlocks(
    extra: Int, _ body: (_ tokens: Range<Int>, _ values: UnsafeMutablePointer<Double>) -> Void
  ) {
    let stride = width + extra
    let room = Values<Double>(min(count, 2 * Self.blockTokens) * stride)
    var begin = 0
    while begin < count {
      let end = count - begin < 2 * Self.blockTokens ? count : begin + Self.blockTokens
      for index in begin..<end {
        let values = room.pointer + (index - begin) * stride
        read(index, into: values)
        for place in width..<stride { values[place] = 1 }
      }
      body(begin..<end, room.pointer)
      begin = end
    }
  }

  /// Calls the body with blocks of tokens, each with a 1 after its values.
  public func forBlocks(_ body: (_ tokens: Range<Int>, _ block: TokenBlock) -> Void) {
    openblas_set_num_threads(1)
    forBlocks(extra: 1) { tokens, values in
      body(tokens, TokenBlock(values: values, rows: tokens.count, columns: width + 1))
    }
  }

  /// Mean of every value [width].
  public func columnMeans() -> [Double] {
    let sums = Values<Double>(width)
    readAll { _, values in for column in 0..<width { sums.pointer[column] += values[column] } }
    return sums.array.map { $0 / Double(count) }
  }

  /// Calls the body with blocks of tokens, each with a 1 after its values, and sums the body's results times the tokens:
  /// transpose(X) E [width + 1 x columns] of the tokens X and E, the body's results.
  ///
  /// - Parameter body: gets a block [tokens x width + 1]; returns its rows of E [tokens x columns].
  public func products(columns: Int, _ body: (_ tokens: Range<Int>, _ block: TokenBlock) -> [Double]) -> [Double] {
    openblas_set_num_threads(1)
    var result = [Double](repeating: 0, count: (width + 1) * columns)
    forBlocks(extra: 1) { tokens, values in
      let errors = body(tokens, TokenBlock(values: values, rows: tokens.count, columns: width + 1))
      cblas_dgemm(
        CblasRowMajor, CblasTrans, CblasNoTrans, blasint(width + 1), blasint(columns), blasint(tokens.count), 1, values,
        blasint(width + 1), errors, blasint(columns), tokens.lowerBound == 0 ? 0 : 1, &result, blasint(columns))
    }
    return result
  }

  /// transpose(X) X [width x width] of X, the tokens minus a row.
  public func gram(minus offsets: [Double]) -> Matrix {
    openblas_set_num_threads(1)
    let offsets = Values(offsets)
    var result = Matrix(rows: width, columns: width)
    forBlocks(extra: 0) { tokens, values in
      for row in 0..<tokens.count {
        for column in 0..<width { values[row * width + column] -= offsets.pointer[column] }
      }
      cblas_dsyrk(
        CblasRowMajor, CblasUpper, CblasTrans, blasint(width), blasint(tokens.count), 1, values, blasint(width),
        tokens.lowerBound == 0 ? 0 : 1, &result.values, blasint(width))
    }
    result.mirrorUpper()
    return result
  }
}

/// Some tokens, row by row.
public struct TokenBlock {
  let values: UnsafePointer<Double>
  public let rows: Int
  let columns: Int

  init(values: UnsafeMutablePointer<Double>, rows: Int, columns: Int) {
    (self.values, self.rows, self.columns) = (UnsafePointer(values), rows, columns)
  }

  /// The block [rows x columns] times a matrix [columns x any].
  public func times(_ other: Matrix) -> [Double] {
    var result = [Double](repeating: 0, count: rows * other.columns)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(other.columns), blasint(columns), 1, values,
      blasint(columns), other.values, blasint(other.columns), 0, &result, blasint(other.columns))
    return result
  }
}
