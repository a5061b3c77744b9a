import NodeKit

/// k-means: k-means++ seeding (Arthur, Vassilvitskii 2007), then Lloyd's iterations, the best of several starts.
public struct KMeansFit {
  /// [clusters x columns]
  public private(set) var centers: Matrix
  /// The centre of each row.
  public private(set) var assignment: [Int]
  /// Sum of squared distances to the nearest centre.
  public private(set) var inertia: Double

  /// - Parameters:
  ///   - clusters: at most the number of rows.
  ///   - progress: called with the progress from 0 to 1.
  public init(
    _ rows: Matrix, clusters: Int, starts: Int = 10, iterations: Int = 300, tolerance: Double = 1e-12,
    generator: inout SeededGenerator, progress: (Double) throws -> Void
  ) throws {
    precondition(clusters >= 1 && clusters <= rows.rows)
    if clusters == 1 {
      centers = Matrix(rows: 1, columns: rows.columns, rows.columnMeans)
      assignment = [Int](repeating: 0, count: rows.rows)
      inertia = 0
      for row in 0..<rows.rows { inertia += squaredDistance(rows, row, centers, 0) }
      return
    }
    var best: (centers: Matrix, assignment: [Int], inertia: Double)?
    for start in 0..<starts {
      var centers = KMeansFit.seeded(rows, clusters, &generator)
      var assignment = [Int](repeating: -1, count: rows.rows)
      var inertia = Double.infinity
      for iteration in 0..<iterations {
        try progress((Double(start) + Double(iteration) / Double(iterations)) / Double(starts))
        let (next, sum) = KMeansFit.assigned(rows, centers)
        let isDone = next == assignment || inertia - sum <= tolerance * sum
        (assignment, inertia) = (next, sum)
        if isDone { break }
        centers = KMeansFit.moved(rows, assignment, centers)
      }
      if best == nil || inertia < best!.inertia { best = (centers, assignment, inertia) }
    }
    (centers, assignment, inertia) = best!
  }

  private static func seeded(_ rows: Matrix, _ clusters: Int, _ generator: inout SeededGenerator) -> Matrix {
    var centers = Matrix(rows: 0, columns: rows.columns)
    var distances = [Double](repeating: .infinity, count: rows.rows)
    var next = generator.index(rows.rows)
    for cluster in 0..<clusters {
      centers.values += rows.row(next)
      centers.rows += 1
      for row in 0..<rows.rows { distances[row] = min(distances[row], squaredDistance(rows, row, centers, cluster)) }
      var left = generator.unit() * distances.reduce(0, +)
      next = distances.lastIndex { $0 > 0 } ?? generator.index(rows.rows)
      for row in 0..<rows.rows {
        left -= distances[row]
        if left < 0 && distances[row] > 0 {
          next = row
          break
        }
      }
    }
    return centers
  }

  private static func assigned(_ rows: Matrix, _ centers: Matrix) -> ([Int], Double) {
    var sum = 0.0
    let assignment = (0..<rows.rows).map { row -> Int in
      var (best, least) = (0, Double.infinity)
      for center in 0..<centers.rows {
        let distance = squaredDistance(rows, row, centers, center)
        if distance < least { (best, least) = (center, distance) }
      }
      sum += least
      return best
    }
    return (assignment, sum)
  }

  /// The means of the clusters; a cluster without rows takes the row that lies farthest from its centre.
  private static func moved(_ rows: Matrix, _ assignment: [Int], _ old: Matrix) -> Matrix {
    var centers = Matrix(rows: old.rows, columns: old.columns)
    var counts = [Int](repeating: 0, count: old.rows)
    for row in 0..<rows.rows {
      let place = assignment[row] * rows.columns
      counts[assignment[row]] += 1
      for column in 0..<rows.columns { centers.values[place + column] += rows.values[row * rows.columns + column] }
    }
    for center in 0..<old.rows {
      if counts[center] == 0 {
        let farthest = (0..<rows.rows).max {
          squaredDistance(rows, $0, old, assignment[$0]) < squaredDistance(rows, $1, old, assignment[$1])
        }!
        centers.values.replaceSubrange(
          (center * rows.columns)..<((center + 1) * rows.columns), with: rows.row(farthest))
      } else {
        for column in 0..<rows.columns { centers.values[center * rows.columns + column] /= Double(counts[center]) }
      }
    }
    return centers
  }
}

/// Between a row of each of two matrices.
public func squaredDistance(_ a: Matrix, _ row: Int, _ b: Matrix, _ other: Int) -> Double {
  a.values.withUnsafeBufferPointer { first in
    b.values.withUnsafeBufferPointer { second in
      let (x, y) = (first.baseAddress! + row * a.columns, second.baseAddress! + other * b.columns)
      var sum = 0.0
      for column in 0..<a.columns { sum += (x[column] - y[column]) * (x[column] - y[column]) }
      return sum
    }
  }
}
