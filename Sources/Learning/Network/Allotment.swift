import NodeKit

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Counts and limits the memory that a scorer or a network allocates when it is made: a graph and a model determine its
/// size.
enum Allotment {
  private final class Count: @unchecked Sendable {
    /// Bytes requested.
    var asked = 0
    let most: Int
    /// Requests beyond `most` return nil.
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

  /// Runs the body, and counts the memory that it allocates.
  ///
  /// - Parameters:
  ///   - most: the most bytes.
  ///   - isStrict: allocate nothing beyond them: the result then has `Values` without numbers, which must not be used.
  /// - Returns: what the body returns, and the number of bytes.
  /// - Throws: `NodeError` where it requests more than `most`, or more than is available.
  static func within<Result>(
    _ most: Int, isStrict: Bool = false, _ body: () throws -> Result
  ) throws -> (result: Result, bytes: Int) {
    let outer = current
    let left = outer.map { $0.most - $0.asked } ?? Int.max
    let count = Count(most: min(most, left), isStrict: isStrict)
    let result = try $current.withValue(count) { try body() }
    outer?.add(count.asked)
    guard count.asked <= count.most else {
      let needed = count.asked >= 1 << 60 ? "more than is available" : "\(count.asked >> 20) MiB"
      throw NodeError(
        "its model would take \(needed), but \(count.most >> 20) MiB are allowed: give it smaller layers, or fewer bands "
          + "and frames, or allow more with --memory")
    }
    return (result, count.asked)
  }

  /// Counts memory that is allocated by other means.
  static func note(bytes: Int) { current?.add(bytes) }

  /// Memory for numbers, aligned for SIMD; release with `free`. Nil: not allowed, or not available; then `within`
  /// throws. Without `within`, ends the program if there is no memory.
  static func take(bytes: Int) -> UnsafeMutableRawPointer? {
    current?.add(bytes)
    if let current, current.isStrict, current.asked > current.most { return nil }
    var memory: UnsafeMutableRawPointer?
    if posix_memalign(&memory, 64, max(64, bytes)) == 0 { return memory }
    guard let current, current.isStrict else { fatalError("\(bytes) bytes of memory are not available") }
    current.add(Int.max)
    return nil
  }
}
