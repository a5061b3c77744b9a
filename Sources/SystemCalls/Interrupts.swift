import Glibc

/// Calls a system function again as long as a signal interrupts it.
///
/// - Returns: its result; negative: `errno` says why.
@discardableResult
public func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
  while true {
    let result = call()
    if result >= 0 || errno != EINTR { return result }
  }
}

/// The system's text for an error number.
public func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }

/// The name of the account that this process runs as; its number if it has no name.
public func accountName() -> String {
  let number = geteuid()
  return getpwuid(number).map { String(cString: $0.pointee.pw_name) } ?? String(number)
}
