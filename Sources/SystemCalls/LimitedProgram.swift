import Glibc

/// One run of another program within limits: it ends in time, and when it, or its output, is no longer wanted.
public struct LimitedProgram {
  public enum End: Equatable, Sendable {
    case ended(status: Int32)
    /// By a signal that was not ours.
    case signalled(Int32)
    /// It did not end within `seconds`.
    case late
    /// Its output, or its end, was no longer wanted.
    case stopped
  }

  /// Seconds between the request to end and the end by force.
  public static let grace = 1.0
  /// Seconds between two looks at the program, beside the moments when it writes.
  private static let pause = 0.02

  public var program: ExternalProgram
  public var arguments: [String] = []
  /// Its standard input.
  public var input: [UInt8] = []
  /// Its working directory; nil: ours.
  public var folder: String?
  /// As `NAME=VALUE`; nil: ours.
  public var environment: [String]?
  /// Its standard error goes among its output; else the end of it is kept.
  public var hasErrorsAmongOutput = false
  /// The longest that it may take.
  public var seconds: Double
  /// It ends at the latest with this process, for whatever reason this one ends.
  public var endsWithUs = false

  public init(_ program: ExternalProgram, _ arguments: [String], seconds: Double) {
    (self.program, self.arguments, self.seconds) = (program, arguments, seconds)
  }

  /// Runs it to its end.
  ///
  /// - Parameters:
  ///   - isWanted: called again and again; false ends the program.
  ///   - output: gets each piece of its output; false ends the program.
  /// - Returns: its end, and the end of what it wrote to standard error; nil if the system can't start it.
  public func run(
    isWanted: () -> Bool = { true }, output: (ArraySlice<UInt8>) -> Bool
  ) -> (end: End, errors: String)? {
    guard let input = MemoryFile(input), let errors = MemoryFile(), let pipe = makePipe() else { return nil }
    defer { close(pipe.read) }
    let guarding = endsWithUs ? ProcessGuard() : nil
    let process = spawn(
      program.path, arguments,
      descriptors: [input.descriptor, pipe.write, hasErrorsAmongOutput ? pipe.write : errors.descriptor],
      folder: folder, environment: environment)
    close(pipe.write)
    guard let process else {
      guarding?.end()
      return nil
    }
    guarding?.begin(process)
    var reader = PipeReader(pipe.read)
    let reason = wait(for: process, seconds: seconds, isWanted, &reader, output)
    if reason != nil {
      kill(-process, SIGTERM)
      _ = wait(for: process, seconds: Self.grace, { true }, &reader, { _ in true })
    }
    // Before its number is given back, so that it is still the group's.
    kill(-process, SIGKILL)
    var information = siginfo_t()
    uninterrupted { waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) }
    guarding?.end()
    var status: Int32 = 0
    uninterrupted { waitpid(process, &status, 0) }
    if reason == nil, !reader.read(output) { return (.stopped, "") }
    let signal = status & 0x7f
    let end = signal == 0 ? End.ended(status: (status >> 8) & 0xff) : .signalled(signal)
    return (reason ?? end, String(decoding: errors.tail(2048), as: UTF8.self))
  }

  /// Waits for the end without collecting it.
  ///
  /// - Returns: why it is to be ended; nil: it has ended.
  private func wait(
    for process: pid_t, seconds: Double, _ isWanted: () -> Bool, _ reader: inout PipeReader,
    _ output: (ArraySlice<UInt8>) -> Bool
  ) -> End? {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      var information = siginfo_t()
      let found = waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT)
      // SIGCHLD stands in si_signo once it has ended.
      if found != 0 || information.si_signo == SIGCHLD { return nil }
      guard ContinuousClock.now < deadline else { return .late }
      guard isWanted(), reader.wait(seconds: Self.pause, output) else { return .stopped }
    }
  }
}

/// What a program prints.
private struct PipeReader {
  private let descriptor: Int32
  private var hasEnded = false

  init(_ descriptor: Int32) {
    self.descriptor = descriptor
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Waits until it prints, and reads that.
  mutating func wait(seconds: Double, _ output: (ArraySlice<UInt8>) -> Bool) -> Bool {
    guard !hasEnded else {
      Polling.pause(.seconds(seconds))
      return true
    }
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&event, 1, Int32(seconds * 1000)) > 0 ? read(output) : true
  }

  /// Reads what is there, up to a megabyte.
  mutating func read(_ output: (ArraySlice<UInt8>) -> Bool) -> Bool {
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    for _ in 0..<64 {
      let count = uninterrupted { Glibc.read(descriptor, &piece, piece.count) }
      if count == 0 { hasEnded = true }
      guard count > 0 else { return true }
      guard output(piece[..<count]) else { return false }
    }
    return true
  }
}
