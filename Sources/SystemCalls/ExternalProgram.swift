import Glibc

/// Runs another program to its end, with its whole input given beforehand.
///
/// Its input is a file in memory, and both outputs are read while it writes. So neither side ever waits for the other,
/// whatever the amount of data.
public struct ExternalProgram: Sendable {
  public let path: String

  /// - Parameter name: a name in $PATH, or a path. Nil: there is no such program, or it may not be run.
  public init?(_ name: String) {
    guard !name.contains("/") else {
      path = name
      if access(path, X_OK) != 0 { return nil }
      return
    }
    let folders = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    let places: [String] = folders.split(separator: ":").map { "\($0)/\(name)" }
    let found = places.first { access($0, X_OK) == 0 }
    guard let found else { return nil }
    path = found
  }

  /// The result of a run.
  public struct Outcome: Sendable {
    /// As in a shell: the exit status, or 128 plus the number of the signal that ended it.
    public var status: Int32
    /// Its standard output, and its standard error.
    public var output: [UInt8]
    public var errors: [UInt8]

    /// The last line of its standard error that is not empty.
    public var lastWords: String {
      let lines = String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline)
      return lines.last { $0.contains { !$0.isWhitespace } }.map(String.init) ?? ""
    }
  }

  /// Destination of its standard error.
  public enum Errors: Sendable {
    /// Into the outcome.
    case kept
    /// To the standard output, in the order of writing.
    case amongOutput
    /// To our standard error.
    case shown
  }

  /// Runs the program.
  ///
  /// - Parameter folder: its working directory; nil: ours.
  /// - Returns: nil if the system can't start it.
  public func run(
    _ arguments: [String], input: [UInt8] = [], folder: String? = nil, errors: Errors = .kept
  ) -> Outcome? {
    guard let input = MemoryFile(input), let output = makePipe() else { return nil }
    guard let kept = makePipe() else {
      close(output.read)
      close(output.write)
      return nil
    }
    defer {
      close(output.read)
      close(kept.read)
    }
    let third =
      switch errors {
      case .kept: kept.write
      case .amongOutput: output.write
      case .shown: STDERR_FILENO
      }
    let process = spawn(path, arguments, descriptors: [input.descriptor, output.write, third], folder: folder)
    close(output.write)
    close(kept.write)
    guard let process else { return nil }
    let read = readBoth(output.read, kept.read)
    var status: Int32 = 0
    uninterrupted { waitpid(process, &status, 0) }
    let signal = status & 0x7f
    return Outcome(status: signal == 0 ? (status >> 8) & 0xff : 128 + signal, output: read.0, errors: read.1)
  }
}

/// Reads two descriptors to their ends, in the order in which data arrive.
private func readBoth(_ one: Int32, _ other: Int32) -> ([UInt8], [UInt8]) {
  var waits = [one, other].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
  var read: [[UInt8]] = [[], []]
  var buffer = [UInt8](repeating: 0, count: 1 << 16)
  while waits.contains(where: { $0.fd >= 0 }) {
    guard uninterrupted({ poll(&waits, 2, -1) }) >= 0 else { break }
    for index in 0..<2 where waits[index].revents != 0 {
      let descriptor = waits[index].fd
      let count = uninterrupted { Glibc.read(descriptor, &buffer, buffer.count) }
      // poll ignores a negative descriptor.
      if count > 0 { read[index] += buffer[..<count] } else { waits[index].fd = -1 }
    }
  }
  return (read[0], read[1])
}
