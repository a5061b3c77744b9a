import CJACK
import Glibc
import Synchronization
import SystemCalls

/// A private JACK server without a sound card: `jackd` with the dummy driver, under a unique name.
///
/// It ends with `stop`, with the last reference, and at the latest with this process.
public final class PrivateServer: Sendable {
  public struct Options: Sendable {
    /// Frames per second.
    public var rate = 48000
    /// Frames in a cycle.
    public var period = 1024
    /// The server waits for its clients in every cycle, instead of continuing without late ones (jackd's -S).
    public var isSynchronous = false
    /// The server requests realtime priority for itself and its clients; without permission, it still runs.
    public var isRealtime = false
    /// Seconds that the server may take to answer, and later to end.
    public var seconds = 10

    public init(
      rate: Int = 48000, period: Int = 1024, isSynchronous: Bool = false, isRealtime: Bool = false,
      seconds: Int = 10
    ) {
      self.rate = rate
      self.period = period
      self.isSynchronous = isSynchronous
      self.isRealtime = isRealtime
      self.seconds = seconds
    }
  }

  /// For `JACKClient(name:server:)`, and for other programs in `JACK_DEFAULT_SERVER`.
  public let name: String
  public let options: Options
  private let process: ChildProcess
  private let hasCleanedUp = Atomic<Bool>(false)

  /// Starts the server and returns once it answers.
  ///
  /// - Throws: `noServerProgram`, `privateServerFailed`, `otherServer` (libjack knows one server in a process).
  public init(name: String = PrivateServer.uniqueName(), options: Options = Options()) throws(JACKError) {
    guard let program = Self.find("jackd") else { throw .noServerProgram }
    if try Self.answers(name) {
      throw .privateServerFailed(reason: "did not start: one named '\(name)' is running", output: "")
    }
    let arguments =
      ["-n", name, options.isRealtime ? "-R" : "-r"] + (options.isSynchronous ? ["-S"] : [])
      + ["-d", "dummy", "-r", String(options.rate), "-p", String(options.period)]
    self.name = name
    self.options = options
    self.process = try Self.start(name, program, arguments, seconds: options.seconds)
  }

  /// Starts the program. If JACK's registry is full of killed private servers, frees their places and tries once more.
  private static func start(
    _ name: String, _ program: String, _ arguments: [String], seconds: Int
  ) throws(JACKError) -> ChildProcess {
    do {
      return try startOnce(name, program, arguments, seconds: seconds)
    } catch .privateServerFailed(let reason, let output) where JACKError.saysRegistryIsFull(output) {
      let dead = ServerRegistry.deadServers().filter { $0.user == getuid() && isUniqueName($0.name) }
      if dead.isEmpty { throw .privateServerFailed(reason: reason, output: output) }
      for server in dead { reclaim(server.name, program, seconds: seconds) }
      return try startOnce(name, program, arguments, seconds: seconds)
    }
  }

  private static func startOnce(
    _ name: String, _ program: String, _ arguments: [String], seconds: Int
  ) throws(JACKError) -> ChildProcess {
    guard let process = ChildProcess.start(program, arguments) else {
      throw .privateServerFailed(reason: "did not start", output: "")
    }
    try waitUntilItAnswers(name, process, seconds: seconds)
    return process
  }

  deinit {
    stop()
  }

  public var isRunning: Bool { process.isRunning }
  public var processIdentifier: Int32? { process.identifier }
  /// The server's last output.
  public var output: String { process.output }

  /// Asks the server to end, and kills it if needed. Repeated calls do nothing.
  public func stop() {
    process.stop(seconds: options.seconds)
    if hasCleanedUp.exchange(true, ordering: .relaxed) { return }
    if process.wasKilled, let program = Self.find("jackd") {
      Self.reclaim(name, program, seconds: options.seconds)
    }
    Self.removeSemaphores(of: name)
  }

  /// Frees the resources of a killed server: its place in JACK's registry (eight places for the whole computer), its socket
  /// and its semaphores. jackd only reuses a dead server's place under the same name, and frees it when it ends normally.
  private static func reclaim(_ name: String, _ program: String, seconds: Int) {
    let socket = "/dev/shm/jack_\(name)_\(getuid())_0"
    unlink(socket)
    guard let next = ChildProcess.start(program, ["-n", name, "-r", "-d", "dummy"]) else { return }
    _ = Polling.wait(seconds: Double(seconds), every: .milliseconds(20)) {
      !next.isRunning || access(socket, F_OK) == 0
    }
    next.stop(seconds: seconds)
    removeSemaphores(of: name)
  }

  /// The semaphores of clients that ran to the end, which neither the clients nor jackd remove.
  private static func removeSemaphores(of name: String) {
    var found = glob_t()
    defer { globfree(&found) }
    guard glob("/dev/shm/jack_sem.\(getuid())_\(name)_*", 0, nil, &found) == 0 else { return }
    for index in 0..<Int(found.gl_pathc) {
      if let path = found.gl_pathv[index] { unlink(path) }
    }
  }

  /// A name that no other process and no other server of this process uses.
  public static func uniqueName() -> String {
    "auscult-\(getpid())-\(String(UInt32.random(in: 0...UInt32.max), radix: 36))"
  }

  /// Whether `uniqueName` can have made a name. Everybody may write into JACK's registry, and names become paths and
  /// patterns of files to remove.
  package static func isUniqueName(_ name: String) -> Bool {
    name.wholeMatch(of: /auscult-[0-9]{1,10}-[0-9a-z]{1,7}/) != nil
  }

  /// Tries to open a client every 20 ms, because jackd does not signal that it is ready.
  private static func waitUntilItAnswers(
    _ name: String, _ process: ChildProcess, seconds: Int
  ) throws(JACKError) {
    var isAnswering = false
    _ = try Polling.wait(seconds: Double(seconds), every: .milliseconds(20)) { () throws(JACKError) in
      isAnswering = try answers(name)
      return isAnswering || !process.isRunning
    }
    if isAnswering { return }
    let hasEnded = !process.isRunning
    process.stop(seconds: seconds)
    throw .privateServerFailed(
      reason: hasEnded ? "ended at once" : "did not answer within \(seconds) s", output: process.output)
  }

  /// Whether a server with this name accepts a client.
  private static func answers(_ name: String) throws(JACKError) -> Bool {
    do {
      try JACKClient(name: "auscult-ready-\(getpid())", server: name).close()
      return true
    } catch .noServer, .refused {
      return false
    }
  }

  private static func find(_ program: String) -> String? {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/local/bin:/usr/bin:/bin"
    return path.split(separator: ":").map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}
