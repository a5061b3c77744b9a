import Synchronization

/// How long cycles took: a histogram in memory of fixed size, with 16 classes to each doubling, so that a class is at
/// most 6 % wide. One thread writes, with plain loads and stores; any thread may read, and then misses at most the
/// cycle that is being counted.
package struct CycleTimes: ~Copyable {
  /// From 0 to 2^40 ns, some 18 minutes; longer cycles count as that.
  private static var longestOctave: Int { @_noLocks @_noAllocation get { 39 } }
  private static var classes: Int { @_noLocks @_noAllocation get { (longestOctave - 2) * 16 } }

  private let counts = UnsafeMutablePointer<Atomic<Int64>>.allocate(capacity: classes)
  private let longest = Atomic<Int64>(0)

  package init() {
    for index in 0..<Self.classes { (counts + index).initialize(to: Atomic(0)) }
  }

  deinit {
    counts.deinitialize(count: Self.classes)
    counts.deallocate()
  }

  /// Counts a cycle. Thread: realtime.
  @_noLocks @_noAllocation
  package func add(nanoseconds: Int64) {
    let index = CycleTimes.index(max(0, nanoseconds))
    counts[index].store(counts[index].load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    if nanoseconds > longest.load(ordering: .relaxed) { longest.store(nanoseconds, ordering: .relaxed) }
  }

  /// The class of a time: one for each nanosecond below 16, then 16 to each octave.
  @inline(__always) @_noLocks @_noAllocation
  private static func index(_ nanoseconds: Int64) -> Int {
    if nanoseconds < 16 { return Int(nanoseconds) }
    let octave = 63 - nanoseconds.leadingZeroBitCount
    if octave > longestOctave { return classes - 1 }
    return (octave - 3) * 16 + Int(nanoseconds >> Int64(octave - 4)) & 15
  }

  /// The longest time of a class, in nanoseconds.
  private static func upperBound(_ index: Int) -> Int64 {
    if index < 16 { return Int64(index) }
    let octave = index / 16 + 3
    return (Int64(16 + index % 16 + 1) << Int64(octave - 4)) - 1
  }

  /// Thread: any.
  package var quantiles: CycleQuantiles {
    var found: [Int64] = []
    for index in 0..<Self.classes { found.append(counts[index].load(ordering: .relaxed)) }
    let longest = longest.load(ordering: .relaxed)
    let total = found.reduce(0, +)
    let quantile = { (share: Double) -> Int64 in
      var left = Int64((share * Double(total)).rounded(.up))
      for (index, count) in found.enumerated() where count > 0 {
        left -= count
        if left <= 0 { return min(CycleTimes.upperBound(index), longest) }
      }
      return longest
    }
    return CycleQuantiles(
      median: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), p9999: quantile(0.9999), longest: longest)
  }
}

/// Times that half of all cycles, 99 %, 99.9 % and 99.99 % of them did not exceed, and the longest, in nanoseconds; 0: no
/// cycle has run. `CycleTimes` knows them to 6 %.
public struct CycleQuantiles: Sendable, Equatable {
  public var median: Int64 = 0
  public var p99: Int64 = 0
  public var p999: Int64 = 0
  public var p9999: Int64 = 0
  public var longest: Int64 = 0

  public init(median: Int64 = 0, p99: Int64 = 0, p999: Int64 = 0, p9999: Int64 = 0, longest: Int64 = 0) {
    (self.median, self.p99, self.p999, self.p9999, self.longest) = (median, p99, p999, p9999, longest)
  }

  /// The exact ones of these times.
  public init(of times: [Int64]) {
    let sorted = times.sorted()
    let quantile = { (share: Double) -> Int64 in
      sorted.isEmpty ? 0 : sorted[max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1)]
    }
    self.init(
      median: quantile(0.5), p99: quantile(0.99), p999: quantile(0.999), p9999: quantile(0.9999),
      longest: sorted.last ?? 0)
  }
}

extension RealtimeState {
  /// Counts the time of an observed cycle. Thread: realtime.
  @_noLocks @_noAllocation
  func countTime(nanoseconds: Int64) {
    counters.busy.store(counters.busy.load(ordering: .relaxed) &+ nanoseconds, ordering: .relaxed)
    cycleTimes.add(nanoseconds: nanoseconds)
  }
}
