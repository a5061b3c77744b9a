import Glibc
import SystemCalls

/// Tells the service manager how a live run goes: that it is ready, what it does, that it lives, that it stops.
///
/// A sign of life leaves only while the driver runs cycles, so that systemd starts a deaf run again (`WatchdogSec=`). While
/// a run waits for its JACK server, which another start would not bring, it counts as alive.
///
/// Thread: control, where nothing else is said.
final class ServiceReport: @unchecked Sendable {
  /// The least time between two texts of the state.
  private static let textInterval = Duration.seconds(10)

  private let socket: ServiceSocket?
  /// Between two signs of life; nil: none are wanted.
  private let interval: Duration?
  private var isReady = false
  private var cycles: Int64 = 0
  private var lastSign = ContinuousClock.now
  private var lastText = ContinuousClock.now
  private var text = ""

  /// Takes the service manager's variables out of the environment, so that no child speaks in our name.
  ///
  /// - Parameter variables: of the environment.
  init(_ variables: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }) {
    socket = ServiceSocket(variables("NOTIFY_SOCKET"))
    let isForUs = variables("WATCHDOG_PID").map { $0 == String(getpid()) } ?? true
    let limit = variables("WATCHDOG_USEC").flatMap { Int64($0) } ?? 0
    // Three signs within the limit: one may be late.
    interval = isForUs && limit > 0 ? .microseconds(limit / 3) : nil
    // jackd speaks this protocol, too: as our child it would say that we are ready.
    for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
  }

  /// The run waits for its JACK server before it can begin: it is not ready. Any thread.
  func waitsForServer(_ reason: String) { socket?.send(["STATUS=\(Self.line(reason))"]) }

  /// Called in every polling round.
  ///
  /// - Parameter waitsForTransport: nothing is heard yet because JACK's transport does not roll.
  func look(_ figures: RunFigures, waitsForTransport: Bool) {
    guard let socket else { return }
    let hasMoved = figures.statistics.cycles != cycles
    cycles = figures.statistics.cycles
    let isAlive = hasMoved || figures.driver.isWaitingForServer || waitsForTransport
    if isAlive, !isReady {
      isReady = true
      text = Self.text(figures)
      socket.send(["READY=1", "STATUS=\(text)", "WATCHDOG=1"])
    }
    if isAlive, let interval, .now - lastSign >= interval {
      lastSign = .now
      socket.send(["WATCHDOG=1"])
    }
    tellText(Self.text(figures), socket)
  }

  /// The run is about to end. Any thread.
  var stopping: @Sendable () -> Void { { [socket] in socket?.send(["STOPPING=1"]) } }

  private func tellText(_ next: String, _ socket: ServiceSocket) {
    guard isReady, next != text, .now - lastText >= Self.textInterval else { return }
    (text, lastText) = (next, .now)
    socket.send(["STATUS=\(next)"])
  }

  /// "ok; 3 machines; JACK server 'default'", in one line.
  private static func text(_ figures: RunFigures) -> String {
    let count = figures.machines.count
    let server = figures.driver.isWaitingForServer ? "waits for the JACK server" : "JACK server"
    return line(
      "\(figures.health); \(count) \(count == 1 ? "machine" : "machines"); \(server) '\(figures.driver.server)'")
  }

  private static func line(_ text: String) -> String {
    String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 0x20 || $0.value == 0x7f ? "?" : $0 }))
  }
}
