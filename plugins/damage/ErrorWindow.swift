import NodeKit

/// The last errors above the threshold of one channel, and their 95th percentile. Allocates memory only in `init`.
struct ErrorWindow {
  /// Errors that it remembers, and the fewest that give a scale.
  static let length = 100
  static let least = 5

  /// In order of arrival, the next place to fill, and the same sorted by size [length].
  private let latest: UnsafeMutablePointer<Double>
  private let sorted: UnsafeMutablePointer<Double>
  private var next = 0
  private var count = 0

  init(_ memory: NodeMemory) {
    latest = memory.array(repeating: 0, count: Self.length)
    sorted = memory.array(repeating: 0, count: Self.length)
  }

  @_noLocks @_noAllocation
  mutating func add(_ error: Double) {
    if count == Self.length { remove(latest[next]) }
    latest[next] = error
    next = next + 1 == Self.length ? 0 : next + 1
    var place = count
    while place > 0 && sorted[place - 1] > error {
      sorted[place] = sorted[place - 1]
      place -= 1
    }
    sorted[place] = error
    count += 1
  }

  @_noLocks @_noAllocation
  private mutating func remove(_ error: Double) {
    var place = 0
    while sorted[place] < error { place += 1 }
    while place + 1 < count {
      sorted[place] = sorted[place + 1]
      place += 1
    }
    count -= 1
  }

  /// Whether there are enough for `scale`.
  var hasScale: Bool { @_noLocks @_noAllocation get { count >= Self.least } }

  /// Their 95th percentile, interpolated linearly as NumPy does.
  var scale: Double {
    @_noLocks @_noAllocation get {
      let place = 0.95 * Double(count - 1)
      let below = Int(place)
      let above = below + 1 < count ? below + 1 : below
      return sorted[below] + (place - Double(below)) * (sorted[above] - sorted[below])
    }
  }
}
