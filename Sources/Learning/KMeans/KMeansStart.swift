import CKernels
import CRealtime
import NodeKit

/// One start of k-means: its centres, and which token belongs to which.
final class KMeansStart {
  /// A token that changed its cluster.
  struct Change {
    var row: Int32
    var from: Int32
    var to: Int32
  }

  /// Those of a chunk, in the order of the tokens. One thread at a time adds to it.
  final class ChangeList {
    var all: [Change] = []
  }

  private let work: KMeansWork
  private var width: Int { work.width }
  private var clusters: Int { work.clusters }
  /// For the seeding.
  var generator: SeededGenerator
  /// [clusters x width]
  let centers: Values<Double>
  /// The same in single precision [clusters x padded width], and the squared length of each.
  let narrow: Values<Float>
  var squares: [Double]
  var greatestLength = 0.0
  /// [tokens] the cluster of each.
  let assignment: UnsafeMutablePointer<Int32>
  private let memory = NodeMemory()
  /// [tokens] at least the distance to its centre; at most that to any other.
  let upper: Values<Float>
  let lower: Values<Float>
  /// [clusters] at least how far each centre moved last, and how far any other did.
  private(set) var drifts: [Float]
  private(set) var otherDrifts: [Float]
  /// [clusters] at most half the distance to the next centre: no token within is nearer to another.
  private(set) var radii: [Float]
  /// [clusters x width] of the tokens of each cluster, and their numbers.
  private let sums: Values<Double>
  private var counts: [Int]
  /// Of the last pass, by chunk.
  let changes: [ChangeList]
  var isDone = false
  /// Set at the end.
  var inertia = 0.0

  /// Takes as many random numbers as its seeding needs.
  init(_ work: KMeansWork, _ generator: inout SeededGenerator) {
    self.work = work
    self.generator = generator
    let (clusters, count) = (work.clusters, work.tokens.count)
    for _ in 0...clusters { _ = generator.next() }
    centers = Values(clusters * work.width)
    narrow = Values(clusters * work.paddedWidth)
    squares = Array(repeating: 0, count: clusters)
    assignment = memory.array(repeating: 0, count: count)
    upper = Values(count)
    lower = Values(count)
    drifts = Array(repeating: 0, count: clusters)
    otherDrifts = drifts
    radii = drifts
    sums = Values(clusters * work.width)
    counts = Array(repeating: 0, count: clusters)
    changes = (0..<work.chunks).map { _ in ChangeList() }
  }

  // MARK: Sums

  func countTokens(_ count: Int) {
    for cluster in 0..<clusters { counts[cluster] = 0 }
    for row in 0..<count { counts[Int(assignment[row])] += 1 }
  }

  func countChanges() {
    for change in changes.lazy.flatMap(\.all) {
      counts[Int(change.from)] -= 1
      counts[Int(change.to)] += 1
    }
  }

  func clearSums(_ columns: Range<Int>) {
    for cluster in 0..<clusters {
      (sums.pointer + cluster * width + columns.lowerBound).update(repeating: 0, count: columns.count)
    }
  }

  /// Adds `sign` times a token's values to a cluster's sum.
  func add(_ values: UnsafePointer<Double>, _ columns: Range<Int>, to cluster: Int, sign: Double = 1) {
    kernel_add_scaled(sums.pointer + cluster * width + columns.lowerBound, values, sign, columns.count)
  }

  /// Sum over the clusters of their tokens times the squared length of their mean: the less inertia, the more.
  var explained: Double {
    (0..<clusters).reduce(0) { sum, cluster in
      let center = centers.pointer + cluster * width
      return sum + Double(counts[cluster]) * kernel_dot_double(center, center, width)
    }
  }

  /// Makes each centre the mean of its tokens; the centre of an empty cluster stays.
  func setMeans() {
    for cluster in 0..<clusters where counts[cluster] > 0 {
      let (center, sum) = (centers.pointer + cluster * width, sums.pointer + cluster * width)
      for column in 0..<width { center[column] = sum[column] / Double(counts[cluster]) }
    }
  }

  // MARK: Moving

  /// Moves the centres to the means of their tokens, and computes what the next pass needs. An empty cluster takes the
  /// token that lies farthest from its centre.
  func move() {
    let old = centers.array
    let empty = counts.indices.filter { counts[$0] == 0 }
    let farthest = empty.isEmpty ? 0 : farthestToken()
    setMeans()
    for cluster in empty {
      work.tokens.read(farthest, into: centers.pointer + cluster * width)
      // No rounding of former tokens stays.
      (sums.pointer + cluster * width).update(repeating: 0, count: width)
    }
    old.withUnsafeBufferPointer { old in
      for cluster in 0..<clusters {
        let place = cluster * width
        drifts[cluster] = above(distance(centers.pointer + place, old.baseAddress! + place))
      }
    }
    for cluster in 0..<clusters {
      otherDrifts[cluster] = (0..<clusters).reduce(0) { $1 == cluster ? $0 : max($0, drifts[$1]) }
    }
    prepare()
  }

  /// Computes the centres in single precision, and their distances.
  func prepare() {
    for cluster in 0..<clusters {
      let center = centers.pointer + cluster * width
      kernel_narrow(narrow.pointer + cluster * work.paddedWidth, center, width)
      squares[cluster] = kernel_dot_double(center, center, width)
    }
    greatestLength = realtime_sqrt(squares.max()!)
    for cluster in 0..<clusters {
      var least = Double.infinity
      for other in 0..<clusters where other != cluster {
        least = min(least, distance(centers.pointer + cluster * width, centers.pointer + other * width))
      }
      radii[cluster] = below(least / 2)
    }
  }

  private func distance(_ a: UnsafePointer<Double>, _ b: UnsafePointer<Double>) -> Double {
    realtime_sqrt(kernel_distance_double(a, b, width))
  }

  private func farthestToken() -> Int {
    let room = work.rooms[0]
    var (found, greatest) = (0, -Double.infinity)
    for row in 0..<work.tokens.count {
      work.tokens.read(row, into: room.exact)
      let squared = kernel_distance_double(room.exact, centers.pointer + Int(assignment[row]) * width, width)
      if squared > greatest { (found, greatest) = (row, squared) }
    }
    return found
  }
}

/// Surely not less than the exact value: of a distance that was computed in double precision.
func above(_ value: Double) -> Float { Float(value * (1 + 0x1p-22)) }
/// Surely not more.
func below(_ value: Double) -> Float { Float(value * (1 - 0x1p-22)) }
