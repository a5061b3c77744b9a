import NodeKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Counts, and bounds, what a judge or a network takes while it is made: its sizes come from a graph and from models.
enum Allotment {
  private final class Count: @unchecked Sendable {
    /// Bytes that were asked for.
    var asked = 0
    let most: Int
    /// Requests beyond `most` get nothing.
    let isStrict: Bool

    init(most: Int, isStrict: Bool) {
      self.most = max(0, most)
      self.isStrict = isStrict
    }

    func add(_ bytes: Int) {
      let (sum, overflows) = asked.addingReportingOverflow(bytes)
      asked = overflows ? Int.max : sum
    }
  }

  @TaskLocal private static var current: Count?

  /// Runs the body, which makes something that takes memory.
  ///
  /// - Parameters:
  ///   - most: bytes that it may take.
  ///   - isStrict: what is beyond them is not even taken: `Values` without numbers come of it, which nobody may use.
  /// - Returns: what the body returns, and the bytes that it took.
  /// - Throws: `NodeError` where it asks for more, or for more than can be had.
  static func within<Result>(
    _ most: Int, isStrict: Bool = false, _ body: () throws -> Result
  ) throws -> (result: Result, bytes: Int) {
    let outer = current
    let left = outer.map { $0.most - $0.asked } ?? Int.max
    let count = Count(most: min(most, left), isStrict: isStrict)
    let result = try $current.withValue(count) { try body() }
    outer?.add(count.asked)
    guard count.asked <= count.most else {
      let needed = count.asked >= 1 << 60 ? "more than can be had" : "\(count.asked >> 20) MiB"
      throw NodeError(
        "its model would take \(needed), and \(count.most >> 20) MiB may be taken: give it smaller layers, or fewer bands "
          + "and frames, or allow more with --memory")
    }
    return (result, count.asked)
  }

  /// Counts what is taken by other means.
  static func note(bytes: Int) { current?.add(bytes) }

  /// Memory for numbers, aligned for SIMD, to be given back with `free`. Nil: it may not be taken, or can't be had, and
  /// whoever called `within` is told. Ends the program where nobody did, and it can't be had.
  static func take(bytes: Int) -> UnsafeMutableRawPointer? {
    current?.add(bytes)
    if let current, current.isStrict, current.asked > current.most { return nil }
    var memory: UnsafeMutableRawPointer?
    if posix_memalign(&memory, 64, max(64, bytes)) == 0 { return memory }
    guard let current, current.isStrict else { fatalError("\(bytes) bytes of memory can't be had") }
    current.add(Int.max)
    return nil
  }
}
