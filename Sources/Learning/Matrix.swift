import COpenBLAS

/// A dense matrix of doubles, row by row. Uses OpenBLAS on one thread: the same bits every time.
///
/// Thread: control. OpenBLAS allocates and locks.
public struct Matrix: Sendable {
  public var rows: Int
  public var columns: Int
  /// [rows x columns]
  public var values: [Double]

  public init(rows: Int, columns: Int, _ values: [Double]) {
    precondition(values.count == rows * columns)
    self.rows = rows
    self.columns = columns
    self.values = values
  }

  public init(rows: Int, columns: Int) {
    self.init(rows: rows, columns: columns, [Double](repeating: 0, count: rows * columns))
  }

  public func row(_ index: Int) -> ArraySlice<Double> { values[(index * columns)..<((index + 1) * columns)] }

  /// Mean of every column.
  public var columnMeans: [Double] {
    var means = [Double](repeating: 0, count: columns)
    for row in 0..<rows { for column in 0..<columns { means[column] += values[row * columns + column] } }
    return means.map { $0 / Double(rows) }
  }

  /// Subtracts a row from every row.
  public mutating func subtract(_ offsets: [Double]) {
    for row in 0..<rows { for column in 0..<columns { values[row * columns + column] -= offsets[column] } }
  }

  /// transpose(self) * self [columns x columns], or self * transpose(self) [rows x rows].
  public func gram(ofRows: Bool = false) -> Matrix {
    openblas_set_num_threads(1)
    let size = ofRows ? rows : columns
    var result = Matrix(rows: size, columns: size)
    cblas_dsyrk(
      CblasRowMajor, CblasUpper, ofRows ? CblasNoTrans : CblasTrans, blasint(size), blasint(ofRows ? columns : rows), 1,
      values, blasint(columns), 0, &result.values, blasint(size))
    result.mirrorUpper()
    return result
  }

  /// Makes a square matrix symmetric by its upper half.
  mutating func mirrorUpper() {
    for row in 0..<rows {
      for column in 0..<row { values[row * rows + column] = values[column * rows + row] }
    }
  }

  /// self * other.
  public func times(_ other: Matrix) -> Matrix {
    openblas_set_num_threads(1)
    var result = Matrix(rows: rows, columns: other.columns)
    cblas_dgemm(
      CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(rows), blasint(other.columns), blasint(columns), 1, values,
      blasint(columns), other.values, blasint(other.columns), 0, &result.values, blasint(other.columns))
    return result
  }

  /// Eigenvalues of a symmetric matrix, the greatest first, and its eigenvectors as the rows of a matrix. The sign of
  /// each vector makes its component of the greatest magnitude positive.
  public func eigen() -> (values: [Double], vectors: Matrix)? {
    openblas_set_num_threads(1)
    var size = Int32(rows)
    var vectors = values
    var eigenvalues = [Double](repeating: 0, count: rows)
    var (work, integers) = ([0.0], [Int32(0)])
    var (workSize, integerSize, info) = (Int32(-1), Int32(-1), Int32(0))
    // The first call returns the size of the work space. Fortran's columns are our rows.
    dsyevd_("V", "U", &size, &vectors, &size, &eigenvalues, &work, &workSize, &integers, &integerSize, &info)
    guard info == 0 else { return nil }
    (workSize, integerSize) = (Int32(work[0]), integers[0])
    work = [Double](repeating: 0, count: Int(workSize))
    integers = [Int32](repeating: 0, count: Int(integerSize))
    dsyevd_("V", "U", &size, &vectors, &size, &eigenvalues, &work, &workSize, &integers, &integerSize, &info)
    guard info == 0 else { return nil }
    var sorted: [Double] = []
    sorted.reserveCapacity(vectors.count)
    for index in (0..<rows).reversed() {
      let vector = vectors[(index * rows)..<((index + 1) * rows)]
      let greatest = vector.max { abs($0) < abs($1) } ?? 1
      sorted += greatest < 0 ? vector.map { -$0 } : Array(vector)
    }
    return (eigenvalues.reversed(), Matrix(rows: rows, columns: rows, sorted))
  }
}
