import Glibc

/// Quantiles of any number of values in little memory: a merging t-digest (Dunning, 2019, "Computing extremely accurate
/// quantiles using t-digests") with scale function k1.
///
/// The same values in the same order give the same digest. The extremes are exact; a quantile in the middle is off by
/// about a hundredth of the values.
public struct QuantileDigest: Sendable, Equatable {
  struct Centroid: Sendable, Equatable {
    var mean: Double
    var count: Double
  }

  /// The compression: at most about this many centroids, 12 bytes each in the database.
  static let compression = 64.0
  private static let buffered = 256

  private(set) var centroids: [Centroid] = []
  private var buffer: [Double] = []
  public private(set) var count = 0
  private var least = Double.infinity
  private var most = -Double.infinity

  public init() {}

  /// Adds a finite value.
  public mutating func add(_ value: Double) {
    guard value.isFinite else { return }
    buffer.append(value)
    count += 1
    least = min(least, value)
    most = max(most, value)
    if buffer.count >= Self.buffered { merge() }
  }

  public mutating func add(_ other: QuantileDigest) {
    var other = other
    other.merge()
    merge(other.centroids)
    count += other.count
    least = min(least, other.least)
    most = max(most, other.most)
  }

  private mutating func merge() {
    guard !buffer.isEmpty else { return }
    let new = buffer.map { Centroid(mean: $0, count: 1) }
    buffer = []
    merge(new)
  }

  private mutating func merge(_ new: [Centroid]) {
    if !buffer.isEmpty { merge() }
    let all = (centroids + new).sorted { $0.mean < $1.mean }
    guard var current = all.first else { return }
    let total = all.reduce(0) { $0 + $1.count }
    var merged: [Centroid] = []
    var before = 0.0
    var end = Self.limit(0, total)
    for centroid in all.dropFirst() {
      if before + current.count + centroid.count <= end {
        current.count += centroid.count
        current.mean += (centroid.mean - current.mean) * centroid.count / current.count
      } else {
        before += current.count
        merged.append(current)
        current = centroid
        end = Self.limit(before, total)
      }
    }
    merged.append(current)
    centroids = merged
  }

  /// Number of values up to which a centroid may reach that begins after `before` values.
  private static func limit(_ before: Double, _ total: Double) -> Double {
    let scale = compression / (2 * Double.pi)
    let place = scale * asin(2 * before / total - 1) + 1
    guard place < compression / 4 else { return total }
    return total * (sin(place / scale) + 1) / 2
  }

  /// The value below which a share of the values lies; nil: there is none.
  ///
  /// - Parameter share: 0 to 1.
  public func quantile(_ share: Double) -> Double? {
    var digest = self
    digest.merge()
    let centroids = digest.centroids
    guard let last = centroids.last else { return nil }
    let target = share * Double(count)
    // A centroid's mean lies in the middle of its values.
    var (place, value) = (0.0, least)
    var before = 0.0
    for centroid in centroids {
      let middle = before + centroid.count / 2
      if target <= middle {
        return Self.between(place, value, middle, centroid.mean, target)
      }
      (place, value) = (middle, centroid.mean)
      before += centroid.count
    }
    return Self.between(Double(count) - last.count / 2, last.mean, Double(count), most, target)
  }

  private static func between(_ x0: Double, _ y0: Double, _ x1: Double, _ y1: Double, _ x: Double) -> Double {
    x1 > x0 ? y0 + (y1 - y0) * min(1, max(0, (x - x0) / (x1 - x0))) : y1
  }
}

// MARK: - In the database

extension QuantileDigest {
  /// Version, count, extremes, then mean and count of each centroid; little-endian.
  public var bytes: [UInt8] {
    var digest = self
    digest.merge()
    var bytes: [UInt8] = [1]
    put(UInt64(count), &bytes)
    put(least.bitPattern, &bytes)
    put(most.bitPattern, &bytes)
    for centroid in digest.centroids {
      put(centroid.mean.bitPattern, &bytes)
      put(UInt32(min(centroid.count, Double(UInt32.max))), &bytes)
    }
    return bytes
  }

  /// Nil: the bytes are no digest.
  public init?(bytes: [UInt8]) {
    guard bytes.first == 1, bytes.count >= 25, (bytes.count - 25) % 12 == 0 else { return nil }
    self.init()
    count = Int(clamping: Self.number(bytes, 1, UInt64.self))
    least = Double(bitPattern: Self.number(bytes, 9, UInt64.self))
    most = Double(bitPattern: Self.number(bytes, 17, UInt64.self))
    var sum = 0.0
    for offset in stride(from: 25, to: bytes.count, by: 12) {
      let centroid = Centroid(
        mean: Double(bitPattern: Self.number(bytes, offset, UInt64.self)),
        count: Double(Self.number(bytes, offset + 8, UInt32.self)))
      guard centroid.mean.isFinite, centroid.count > 0, centroid.mean >= centroids.last?.mean ?? -.infinity else {
        return nil
      }
      sum += centroid.count
      centroids.append(centroid)
    }
    guard sum == Double(count), count == 0 || least.isFinite && most.isFinite else { return nil }
  }

  private func put(_ number: some FixedWidthInteger, _ bytes: inout [UInt8]) {
    withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
  }

  private static func number<T: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int, _ type: T.Type) -> T {
    bytes.withUnsafeBytes { T(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: T.self)) }
  }
}
