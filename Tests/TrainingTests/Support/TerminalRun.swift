import Foundation
import Glibc
import TestSupport

/// `auscult` with a terminal as standard error, as for a user: it shows its progress there, and gets signals while it
/// works.
final class TerminalRun {
  struct NeverCame: Error {
    var text: String
    var received: String
  }

  private let process = Process()
  private let master: FileHandle
  private let output: URL
  private var received = ""
  private let hasEnded = DispatchSemaphore(value: 0)

  /// - Parameter showsResults: standard output goes to the terminal, too.
  init(_ arguments: [String], in folder: String, showsResults: Bool = false) throws {
    let descriptor = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    var (lock, number): (Int32, Int32) = (0, 0)
    // TIOCSPTLCK and TIOCGPTN: unlockpt and ptsname are not imported.
    guard descriptor >= 0, ioctl(descriptor, 0x4004_5431, &lock) == 0, ioctl(descriptor, 0x8004_5430, &number) == 0
    else { throw NeverCame(text: "a terminal", received: String(cString: strerror(errno))) }
    let name = "/dev/pts/\(number)"
    master = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    let slave = FileHandle(fileDescriptor: open(name, O_RDWR | O_NOCTTY), closeOnDealloc: true)
    output = URL(fileURLWithPath: folder).appendingPathComponent(".out-\(UUID().uuidString)")
    _ = FileManager.default.createFile(atPath: output.path, contents: nil)
    process.executableURL = URL(fileURLWithPath: BuildFolder.path + "/auscult")
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = showsResults ? slave : try FileHandle(forWritingTo: output)
    process.standardError = slave
    process.terminationHandler = { [hasEnded] _ in hasEnded.signal() }
    try process.run()
    process.closeFiles()
    try? slave.close()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    try? FileManager.default.removeItem(at: output)
  }

  /// Until the first epoch is shown.
  func waitUntilItLearns(seconds: Double = 120) throws {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while !received.contains("epoch ") {
      guard receive(until: deadline) else { throw NeverCame(text: "epoch", received: received) }
    }
  }

  /// Lets time pass, unless the program ends.
  func wait(seconds: Double) {
    let deadline = Date(timeIntervalSinceNow: seconds)
    while Date() < deadline, process.isRunning, receive(until: deadline) {}
  }

  func signal(_ numbers: Int32...) {
    for number in numbers where process.isRunning { kill(process.processIdentifier, number) }
  }

  func end(seconds: Int = 120) throws -> CommandFolder.Outcome {
    while receive(until: Date(timeIntervalSinceNow: Double(seconds))) {}
    guard hasEnded.wait(timeout: .now() + .seconds(seconds)) == .success else {
      throw NeverCame(text: "its end", received: received)
    }
    return CommandFolder.Outcome(
      status: process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus,
      out: try String(contentsOf: output, encoding: .utf8), err: received)
  }

  /// Reads the output; false when no more comes, or not in time.
  private func receive(until deadline: Date) -> Bool {
    var wait = pollfd(fd: master.fileDescriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, Int32(max(0, deadline.timeIntervalSinceNow) * 1000)) > 0 else { return false }
    var bytes = [UInt8](repeating: 0, count: 65536)
    let count = read(master.fileDescriptor, &bytes, bytes.count)
    if count > 0 { received += String(decoding: bytes[..<count], as: UTF8.self) }
    return count > 0
  }
}

extension CommandFolder {
  func start(_ arguments: [String], showsResults: Bool = false) throws -> TerminalRun {
    try TerminalRun(arguments, in: path, showsResults: showsResults)
  }
}
