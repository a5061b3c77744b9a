import Glibc

/// Calls a function of the system anew as long as a signal interrupts it.
///
/// - Returns: what it returned; below 0: `errno` says why.
@discardableResult
public func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// The system's words for one of its error numbers.
public func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
