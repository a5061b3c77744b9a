/// Why the JACK driver, or a private server, cannot start or go on.
public enum JACKError: Error, Equatable, Sendable {
  /// No server answers under this name. `others`: the servers that run, in words; nil: none.
  case noServer(name: String, others: String?)
  /// Another client has the name.
  case nameTaken(String)
  /// A server of this user has the name: jackd2 would give the client the server's own socket, and no program could reach
  /// the server any more.
  case nameOfServer(String)
  /// The server's name is too long for JACK: libjack would write beyond its own memory.
  case serverNameTooLong(limit: Int)
  /// JACK cannot take the name: too long, empty, or with a colon or a slash.
  case badName(String, reason: String)
  /// The server speaks another protocol than the library.
  case versionMismatch
  /// This process is a client of another server; libjack maps one server's memory per process.
  case otherServer(present: String, asked: String)
  /// The server refused, or a call failed. `action` says which: "register the port 'mic'".
  case refused(action: String, detail: String)
  /// A `connect` text of a node is no POSIX extended regular expression.
  case badPattern(String, node: String, reason: String)
  /// The server shut down; `reason` is the server's text, or empty.
  case serverShutDown(reason: String)
  /// The server changed its sample rate, or came back with another one.
  case rateChanged(from: Int, to: Int)
  /// A port name is longer than JACK allows (bytes).
  case portNameTooLong(String, limit: Int)
  /// A call into libjack did not return in time; this process can't use libjack any more.
  case silent(action: String)
  /// The database that all JACK programs open is damaged; each of them would crash.
  case damagedProperties(folder: String)
  /// The driver's stage does not allow this call.
  case wrongOrder(call: String, stage: String)
  /// `jackd` is not installed.
  case noServerProgram
  /// The private server ended, or did not answer in time. `output` is what it wrote.
  case privateServerFailed(reason: String, output: String)
}

extension JACKError: CustomStringConvertible {
  /// One line.
  public var description: String {
    switch self {
    case .noServer(let name, let others):
      "no JACK server named '\(name)' is running" + (others.map { "; there is \($0)" } ?? "")
    case .serverNameTooLong(let limit): "the JACK server's name is longer than \(limit) bytes"
    case .nameTaken(let name): "JACK has a client named '\(name)' already"
    case .nameOfServer(let name):
      "a JACK server is named '\(name)', and a client of that name would keep every other program from reaching it"
    case .badName(let name, let reason): "'\(name)' cannot be a JACK client's name: \(reason)"
    case .versionMismatch: "the JACK server and libjack are of different versions"
    case .otherServer(let present, let asked):
      "this process is a client of the JACK server '\(present)' and cannot be one of '\(asked)' too"
    case .refused(let action, let detail): "JACK did not \(action)" + (detail.isEmpty ? "" : ": \(detail)")
    case .badPattern(let pattern, let node, let reason):
      "connect of node '\(node)': '\(pattern)' is no port name and no pattern: \(reason)"
    case .serverShutDown(let reason): "the JACK server shut down" + (reason.isEmpty ? "" : ": \(reason)")
    case .rateChanged(let from, let to): "the JACK server's sample rate changed from \(from) Hz to \(to) Hz"
    case .portNameTooLong(let name, let limit): "the port name '\(name)' is longer than JACK's \(limit) bytes"
    case .silent(let action): "JACK does not answer: within \(LibJACKCall.seconds) s it did not \(action)"
    case .damagedProperties(let folder):
      "JACK's database in \(folder) is damaged and would crash every JACK program; a program was killed while creating it"
    case .wrongOrder(let call, let stage): "\(call) was called on a JACK driver that is \(stage)"
    case .noServerProgram: "there is no jackd in PATH"
    case .privateServerFailed(let reason, let output):
      "the private JACK server \(reason)" + (output.isEmpty ? "" : "; it said:\n\(output)")
    }
  }

  /// The next step, if there is one.
  public var suggestion: String? {
    switch self {
    case .noServer(_, let others?):
      others.contains(" of ")
        ? "run auscult as the user who owns it, or choose your own server with --server"
        : "choose it with --server, or JACK_DEFAULT_SERVER"
    case .noServer:
      "start one (jackd, or PipeWire's pw-jack), or use --start-server for a private one without sound card"
    case .serverNameTooLong: "give the name of a server that runs, with --server or JACK_DEFAULT_SERVER"
    case .nameTaken, .nameOfServer: "choose another name with --name"
    case .serverShutDown: "with --reconnect, auscult waits for the server and goes on"
    case .rateChanged:
      "start auscult again: a graph is prepared for one rate (with --reconnect, auscult waits for that rate)"
    case .noServerProgram: "install it (on Debian and Ubuntu: the package jackd2)"
    case .privateServerFailed(_, let output) where Self.saysRegistryIsFull(output):
      "JACK's registry is full of servers that were killed: when none runs, remove /dev/shm/jack-shm-registry"
    case .silent: "check whether jackd is stopped or hangs, and restart it if so; then start auscult again"
    case .damagedProperties(let folder): "end all JACK programs, remove \(folder), and start them again"
    case .versionMismatch: "restart the server after an upgrade of JACK"
    default: nil
    }
  }

  /// Whether jackd wrote that all eight places of its registry are taken.
  static func saysRegistryIsFull(_ output: String) -> Bool { output.contains("Too many servers") }
}
