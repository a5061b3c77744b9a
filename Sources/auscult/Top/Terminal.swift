import Glibc
import SystemCalls

/// A terminal whose screen a command fills, and whose keys it reads one by one. What was on the screen, and the way the
/// terminal reads lines, come back however the program ends.
///
/// Thread: the main one.
final class Terminal {
  /// What `restore` needs in `atexit`, which takes no object.
  nonisolated(unsafe) private static var present: Terminal?

  private static let signals = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]
  private static let opening = "\u{1b}[?1049h\u{1b}[?25l"
  private static let closing = "\u{1b}[0m\u{1b}[?25h\u{1b}[?1049l"

  private let hasKeys: Bool
  private var former = termios()
  private var isOpen = false
  /// The terminal was closed.
  private(set) var isEnded = false
  /// How often its screen was taken, which clears it.
  private(set) var opened = 0

  /// Whether standard output is a terminal that can place text.
  static var isThere: Bool {
    isatty(STDOUT_FILENO) == 1 && !["", "dumb"].contains(variable("TERM") ?? "")
  }

  /// Whether texts may have colours (https://no-color.org).
  static var hasColours: Bool { isThere && (variable("NO_COLOR") ?? "").isEmpty }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

  init() {
    hasKeys = isatty(STDIN_FILENO) == 1
    var mask = Self.mask
    sigprocmask(SIG_BLOCK, &mask, nil)
    Self.present = self
    atexit { Terminal.present?.restore() }
    open()
  }

  // MARK: Its size and its keys

  /// Lines and columns; 80 columns where the terminal does not say.
  var size: (rows: Int, columns: Int) {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (24, 80) }
    return (Int(size.ws_row), Int(size.ws_col))
  }

  /// Waits for keys. Also takes the signals that came: those that end the program do so here, and a suspended program
  /// continues here.
  ///
  /// - Returns: the bytes that were typed; empty: none in that time, or the program was suspended.
  func read(milliseconds: Int32) -> [UInt8] {
    takeSignals()
    guard hasKeys else {
      Polling.pause(.milliseconds(Int64(milliseconds)))
      return []
    }
    var wait = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
    guard poll(&wait, 1, milliseconds) > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: 1024)
    let count = Glibc.read(STDIN_FILENO, &bytes, bytes.count)
    if count == 0 || count < 0 && errno != EINTR && errno != EAGAIN { isEnded = true }
    return Array(bytes.prefix(max(0, count)))
  }

  // MARK: In and out

  private func open() {
    guard !isOpen else { return }
    isOpen = true
    opened += 1
    if hasKeys, tcgetattr(STDIN_FILENO, &former) == 0 {
      var raw = former
      raw.c_lflag &= ~tcflag_t(ICANON | ECHO | IEXTEN)
      raw.c_iflag &= ~tcflag_t(IXON)
      // Ctrl-C and Ctrl-Z remain signals.
      tcsetattr(STDIN_FILENO, TCSADRAIN, &raw)
    }
    _ = writeAll(Array(Self.opening.utf8), to: STDOUT_FILENO)
  }

  /// Gives the terminal back. May be called several times.
  func restore() {
    guard isOpen else { return }
    isOpen = false
    _ = writeAll(Array(Self.closing.utf8), to: STDOUT_FILENO)
    if hasKeys { tcsetattr(STDIN_FILENO, TCSADRAIN, &former) }
  }

  // MARK: Signals

  private static var mask: sigset_t {
    var mask = sigset_t()
    sigemptyset(&mask)
    for number in signals { sigaddset(&mask, number) }
    return mask
  }

  /// Blocked signals wait until they are taken, so that none comes between two halves of a change of the terminal.
  private func takeSignals() {
    var mask = Self.mask
    var now = timespec()
    while true {
      let number = sigtimedwait(&mask, nil, &now)
      guard number > 0 else { return }
      restore()
      signal(number, SIG_DFL)
      raise(number)
      // The signal acts here: it ends the program, or stops it until the shell continues it.
      sigprocmask(SIG_UNBLOCK, &mask, nil)
      sigprocmask(SIG_BLOCK, &mask, nil)
      open()
    }
  }
}
