import Learning
import NodeKit
import Testing

/// k-means with bounds, single precision and threads against a plain loop in double precision.
@Suite struct KMeansTests {
  /// Tokens in groups that overlap, scaled by uneven means and factors.
  private struct Sound {
    let values: UnsafeMutablePointer<Float>
    let recordings: UnsafeMutablePointer<UInt32>
    let tokens: ScaledTokens
    let rows: [[Double]]

    init(count: Int, width: Int, groups: Int, spread: Double = 1, offset: Float = -60) {
      var generator = SeededGenerator(seed: UInt64(count * 31 + width))
      let means = (0..<width).map { Double(offset) + Double($0 % 7) }
      let factors = (0..<width).map { 0.1 + 0.02 * Double($0 % 5) }
      values = .allocate(capacity: count * width)
      recordings = .allocate(capacity: count)
      recordings.initialize(repeating: 0, count: count)
      let places = (0..<(groups * width)).map { _ in 10 * generator.unit() }
      for row in 0..<count {
        let group = generator.index(groups)
        for column in 0..<width {
          let noise = spread * (generator.unit() + generator.unit() - 1) * 10
          values[row * width + column] = offset + Float(places[group * width + column] + noise)
        }
      }
      let examples = Examples(
        machine: 0, count: count, width: width, values: values, labels: nil, recordings: recordings)
      tokens = ScaledTokens(examples, means: means, factors: factors)
      let values = values
      rows = (0..<count).map { row in
        (0..<width).map { (Double(values[row * width + $0]) - means[$0]) * factors[$0] }
      }
    }

    func free() {
      values.deallocate()
      recordings.deallocate()
    }
  }

  @Test(arguments: [(900, 7, 3, 1.0), (700, 40, 4, 0.3), (500, 131, 6, 3.0), (300, 1, 5, 0.2)])
  func plainLoopFindsTheSame(count: Int, width: Int, groups: Int, spread: Double) throws {
    let sound = Sound(count: count, width: width, groups: groups, spread: spread)
    defer { sound.free() }
    var (first, second) = (SeededGenerator(seed: 42), SeededGenerator(seed: 42))
    let fit = try KMeansFit(sound.tokens, clusters: 6, starts: 4, generator: &first) { _ in }
    let plain = PlainKMeans(sound.rows, clusters: 6, starts: 4, generator: &second)
    #expect(fit.centers.values == plain.centers.flatMap { $0 })
    #expect(fit.assignment == plain.assignment)
    #expect(abs(fit.inertia - plain.inertia) <= 1e-12 * plain.inertia)
  }

  /// Values that single precision can't tell apart: a small deviation far from zero, and equal tokens.
  @Test func closeValuesAreToldApartInDoublePrecision() throws {
    let (count, width) = (400, 24)
    let sound = Sound(count: count, width: width, groups: 8, spread: 0)
    defer { sound.free() }
    let far = ScaledTokens(
      Examples(
        machine: 0, count: count, width: width, values: sound.values, labels: nil, recordings: sound.recordings),
      means: Array(repeating: 1e5, count: width), factors: Array(repeating: 1, count: width))
    let rows = (0..<count).map { row in (0..<width).map { Double(sound.values[row * width + $0]) - 1e5 } }
    var (first, second) = (SeededGenerator(seed: 3), SeededGenerator(seed: 3))
    let fit = try KMeansFit(far, clusters: 6, starts: 5, generator: &first) { _ in }
    let plain = PlainKMeans(rows, clusters: 6, starts: 5, generator: &second)
    #expect(fit.assignment == plain.assignment)
    #expect(fit.centers.values == plain.centers.flatMap { $0 })
  }

  @Test func anyNumberOfThreadsGivesTheSameBits() throws {
    let sound = Sound(count: 3000, width: 50, groups: 5, spread: 2)
    defer { sound.free() }
    let fits = try [1, 2, 3, 7].map { threads in
      var generator = SeededGenerator(seed: 7)
      return try KMeansFit(sound.tokens, clusters: 8, threads: threads, generator: &generator) { _ in }
    }
    for fit in fits.dropFirst() {
      #expect(fit.centers.values == fits[0].centers.values)
      #expect(fit.assignment == fits[0].assignment)
      #expect(fit.inertia == fits[0].inertia)
    }
  }

  @Test func oneClusterIsTheMean() throws {
    let sound = Sound(count: 90, width: 11, groups: 3)
    defer { sound.free() }
    var generator = SeededGenerator(seed: 1)
    let fit = try KMeansFit(sound.tokens, clusters: 1, generator: &generator) { _ in }
    let means = (0..<11).map { column in sound.rows.reduce(0) { $0 + $1[column] } / 90 }
    #expect(fit.centers.values == means)
    let inertia = sound.rows.reduce(0) { $0 + plainDistance($1, means) }
    #expect(abs(fit.inertia - inertia) <= 1e-12 * inertia)
  }

  /// As many clusters as tokens, and fewer different tokens than clusters.
  @Test func everyTokenIsACenterWhereThereAreEnough() throws {
    let sound = Sound(count: 6, width: 9, groups: 6)
    defer { sound.free() }
    var generator = SeededGenerator(seed: 1)
    let fit = try KMeansFit(sound.tokens, clusters: 6, generator: &generator) { _ in }
    #expect(fit.inertia < 1e-18)
    #expect(Set(fit.assignment).count == 6)
    let same = Sound(count: 20, width: 9, groups: 1, spread: 0)
    defer { same.free() }
    let alike = try KMeansFit(same.tokens, clusters: 3, generator: &generator) { _ in }
    #expect(alike.inertia < 1e-18)
    #expect(alike.centers.values.allSatisfy { $0.isFinite })
  }

  @Test func cancellingEndsIt() {
    struct Cancelled: Error {}
    let sound = Sound(count: 200, width: 9, groups: 3)
    defer { sound.free() }
    var generator = SeededGenerator(seed: 1)
    #expect(throws: Cancelled.self) {
      try KMeansFit(sound.tokens, clusters: 3, generator: &generator) { if $0 > 0.1 { throw Cancelled() } }
    }
  }
}

/// Lloyd's iterations with every distance, one start after the other.
private struct PlainKMeans {
  var centers: [[Double]] = []
  var assignment: [Int] = []
  var inertia = Double.infinity

  init(_ rows: [[Double]], clusters: Int, starts: Int, generator: inout SeededGenerator) {
    for _ in 0..<starts {
      var centers = PlainKMeans.seeded(rows, clusters, &generator)
      var assignment: [Int] = []
      while true {
        let next = rows.map { row in
          centers.indices.reduce(0) { plainDistance(row, centers[$1]) < plainDistance(row, centers[$0]) ? $1 : $0 }
        }
        guard next != assignment else { break }
        assignment = next
        for cluster in centers.indices {
          let own = rows.indices.filter { assignment[$0] == cluster }
          centers[cluster] = rows[0].indices.map { column in
            own.reduce(0) { $0 + rows[$1][column] } / Double(own.count)
          }
        }
      }
      let inertia = rows.indices.reduce(0) { $0 + plainDistance(rows[$1], centers[assignment[$1]]) }
      if inertia < self.inertia { (self.centers, self.assignment, self.inertia) = (centers, assignment, inertia) }
    }
  }

  private static func seeded(_ rows: [[Double]], _ clusters: Int, _ generator: inout SeededGenerator) -> [[Double]] {
    var next = generator.index(rows.count)
    var centers: [[Double]] = []
    for _ in 0..<clusters {
      centers.append(rows[next])
      let distances = rows.map { row in centers.map { plainDistance(row, $0) }.min()! }
      var left = generator.unit() * distances.reduce(0, +)
      next = distances.lastIndex { $0 > 0 }!
      for row in rows.indices {
        left -= distances[row]
        if left < 0 && distances[row] > 0 {
          next = row
          break
        }
      }
    }
    return centers
  }
}

private func plainDistance(_ a: [Double], _ b: [Double]) -> Double {
  var sum = 0.0
  for index in a.indices { sum += (a[index] - b[index]) * (a[index] - b[index]) }
  return sum
}
