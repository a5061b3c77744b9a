import Glibc
import SystemCalls

/// One run of the program, with its end awaited.
///
/// Thread: the queue's.
struct CommandRun {
  /// Seconds between the request to end and the end by force.
  static let grace = 1.0
  /// Seconds between two looks at the program, beside the moments when it writes.
  private static let pause = 0.02
  /// The last bytes of what it prints are kept for the message.
  private static let keptBytes = 4096

  private let command: [String]
  private let event: CommandEvent
  private let skipped: Int
  private let timeout: Double

  init(_ command: [String], _ event: CommandEvent, skipped: Int, timeout: Double) {
    (self.command, self.event, self.skipped, self.timeout) = (command, event, skipped, timeout)
  }

  /// - Returns: why it failed, in words; nil: it ended with status 0.
  func run() -> String? {
    let name = command[0]
    guard let program = ExternalProgram(name) else {
      return "\(name) cannot be run: there is no such program"
        + (name.contains("/") ? ", or it may not be run" : " in $PATH; give its whole path")
    }
    guard let input = MemoryFile(event.line), let output = makePipe() else {
      return "\(name) cannot be run: the system has not enough memory or descriptors"
    }
    defer { close(output.read) }
    let process = spawn(
      program.path, Array(command.dropFirst()), descriptors: [input.descriptor, output.write, output.write],
      environment: event.environment(skipped: skipped))
    close(output.write)
    guard let process else { return "\(name) cannot be run: the system can't start it; check its format and rights" }
    var printed = Printed(output.read, most: Self.keptBytes)
    let isInTime = wait(for: process, seconds: timeout, &printed)
    if !isInTime {
      kill(-process, SIGTERM)
      _ = wait(for: process, seconds: Self.grace, &printed)
      // Before its number is given back, so that it is still the group's.
      kill(-process, SIGKILL)
    }
    var status: Int32 = 0
    uninterrupted { waitpid(process, &status, 0) }
    printed.read()
    guard isInTime else { return "\(name) did not end within \(timeout) s, and was ended" + printed.words }
    let signal = status & 0x7f
    if signal != 0 { return "\(name) was ended by signal \(signal)" + printed.words }
    let code = (status >> 8) & 0xff
    return code == 0 ? nil : "\(name) ended with status \(code)" + printed.words
  }

  /// Waits for the end without collecting it.
  ///
  /// - Returns: whether it came in time.
  private func wait(for process: pid_t, seconds: Double, _ printed: inout Printed) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    while true {
      var info = siginfo_t()
      let found = waitid(P_PID, id_t(process), &info, WEXITED | WNOHANG | WNOWAIT)
      // si_pid is 0 as long as it runs. SIGCHLD stands in si_signo otherwise.
      if found != 0 || info.si_signo == SIGCHLD { return true }
      guard ContinuousClock.now < deadline else { return false }
      printed.wait(seconds: Self.pause)
    }
  }
}

/// What a program prints; only the end of it is kept.
private struct Printed {
  private let descriptor: Int32
  private let most: Int
  private var bytes: [UInt8] = []
  private var hasEnded = false

  init(_ descriptor: Int32, most: Int) {
    self.descriptor = descriptor
    self.most = most
    _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
  }

  /// Waits until it prints, and reads that.
  mutating func wait(seconds: Double) {
    guard !hasEnded else { return Polling.pause(.seconds(seconds)) }
    var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    if poll(&event, 1, Int32(seconds * 1000)) > 0 { read() }
  }

  /// Reads what is there, up to a megabyte.
  mutating func read() {
    var piece = [UInt8](repeating: 0, count: 1 << 14)
    for _ in 0..<64 {
      let count = uninterrupted { Glibc.read(descriptor, &piece, piece.count) }
      if count == 0 { hasEnded = true }
      guard count > 0 else { return }
      bytes += piece[..<count]
      if bytes.count > most { bytes.removeFirst(bytes.count - most) }
    }
  }

  /// ": " and its last line; empty if it has printed nothing.
  var words: String {
    let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let line = lines.last(where: { $0.contains { !$0.isWhitespace } }) else { return "" }
    return ": " + line.prefix(300)
  }
}
