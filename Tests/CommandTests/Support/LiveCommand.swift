import Foundation
import Glibc
import TestSupport
import Testing

/// A run of `auscult` that continues while the test looks at it. It ends with the test at the latest.
final class LiveCommand {
  let process: Process
  private let output = Pipe()
  private var received = ""
  private let hasEnded = DispatchSemaphore(value: 0)

  struct NeverCame: Error {
    var text: String
    var received: String
  }

  init(_ command: Command, arguments: [String]) throws {
    process = try command.prepared(arguments)
    process.standardOutput = FileHandle.nullDevice
    process.standardError = output
    process.terminationHandler = { [hasEnded] _ in hasEnded.signal() }
    try process.run()
    // Our copy would keep the pipe open after the process has ended.
    try output.fileHandleForWriting.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
  }

  /// Its output on standard error, once `text` occurs the given number of times.
  @discardableResult
  func wait(for text: String, times: Int = 1, seconds: Double = 120) throws -> String {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while received.components(separatedBy: text).count <= times {
      guard receive(until: deadline) else { throw NeverCame(text: text, received: received) }
    }
    return received
  }

  func signal(_ number: Int32) { kill(process.processIdentifier, number) }

  /// Waits until the process has taken a signal. A second one that came earlier would be lost in the first.
  func waitUntilTaken(_ number: Int32) throws {
    try waitUntil {
      // A process that has ended has taken it.
      guard let status = try? String(contentsOfFile: "/proc/\(process.processIdentifier)/status", encoding: .utf8),
        let mask = status.firstMatch(of: /ShdPnd:\s*([0-9a-f]+)/)
      else { return true }
      return try #require(UInt64(mask.output.1, radix: 16)) >> (number - 1) & 1 == 0
    }
  }

  /// Waits for its end.
  func end(seconds: Int = 120) throws -> Outcome {
    guard hasEnded.wait(timeout: .now() + .seconds(seconds)) == .success else {
      throw TookTooLong(arguments: process.arguments ?? [])
    }
    while receive(until: Date(timeIntervalSinceNow: 1)) {}
    return Outcome(status: process.terminationStatus, out: "", err: received)
  }

  /// Takes what has come; false when nothing comes any more, or not in time.
  private func receive(until deadline: Date) -> Bool {
    let descriptor = output.fileHandleForReading.fileDescriptor
    var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(max(0, deadline.timeIntervalSinceNow) * 1000)) > 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = read(descriptor, &bytes, bytes.count)
    if count > 0 { received += String(decoding: bytes[..<count], as: UTF8.self) }
    return count > 0
  }
}
