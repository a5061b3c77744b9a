import SystemCalls

/// Checks a condition until it holds.
///
/// - Parameter seconds: the longest time to wait. On a busy machine, everything takes longer.
/// - Throws: an error if the condition does not hold in time, or the error of the condition.
public func waitUntil(seconds: Double = 60, _ condition: () throws -> Bool) throws {
  let holds = try Polling.wait(seconds: seconds, every: .milliseconds(20), until: condition)
  if !holds { throw NeverHeld(seconds: seconds) }
}

/// A condition that did not hold in time.
public struct NeverHeld: Error, CustomStringConvertible {
  public var seconds: Double
  public var description: String { "the condition did not hold within \(seconds) s" }
}
