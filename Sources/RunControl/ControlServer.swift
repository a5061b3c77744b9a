import Glibc
import Synchronization

/// Lets commands control a running graph by its name.
///
/// `init` takes the name, so that a second run of the same name is refused before it does anything; `start` begins to
/// answer, on one thread of its own: handlers run there one after another, never two at once. Clients cannot make it
/// crash, wait or grow: lines, batches and their number are limited, whoever does not read gets no further answers.
///
/// Thread: `init`, `start`, `stop`: control.
public final class ControlServer: Sendable {
  public typealias Handler = @Sendable (_ parameters: JSONValue) throws -> JSONValue

  /// Name of the graph.
  public let name: String
  /// Path of the socket.
  public let path: String
  private let socket: UnixSocket
  private let wake: WakePipe
  private let lock: Mutex<NameLock?>
  private let thread = Mutex<pthread_t?>(nil)

  /// Takes a name. Throws when a process that lives has it; what a dead one left behind is removed.
  public init(name: String, folder: ControlFolder = .standard()) throws(ControlProblem) {
    self.name = name
    try folder.prepare()
    path = try folder.socket(name)
    let lock = try NameLock(socket: path, name: name)
    socket = try UnixSocket.listening(at: path)
    wake = try WakePipe()
    self.lock = Mutex(lock)
  }

  deinit { stop() }

  /// Begins to answer. A handler gets the request's parameters (an empty object where there are none), and answers or
  /// throws a `ControlError`; any other error is reported as an internal one. May be called once.
  public func start(_ handlers: [String: Handler]) {
    var methods = ControlMethods()
    for (method, handler) in handlers { methods.register(method, handler) }
    let names = methods.names + [ControlProtocol.method]
    let (name, pid) = (name, Int64(getpid()))
    methods.register(ControlProtocol.method) { _ in
      [
        "version": .text(ControlProtocol.version), "graph": .text(name), "pid": .integer(pid),
        "methods": .array(names.sorted().map { .text($0) }),
      ]
    }
    let loop = ControlLoop(socket: socket, wake: wake, methods: methods)
    thread.withLock { thread in
      precondition(thread == nil, "a control server starts once")
      thread = startThread { loop.run() }
    }
  }

  /// Ends the answering and gives the name back. Calls a handler makes are finished first; so a handler must not call
  /// it.
  public func stop() {
    wake.signal()
    thread.withLock { thread in
      if let running = thread { pthread_join(running, nil) }
      thread = nil
    }
    lock.withLock { lock in
      guard lock != nil else { return }
      unlink(path)
      lock = nil
    }
  }
}

/// Ends a poll from another thread.
final class WakePipe: @unchecked Sendable {
  let readEnd: Int32
  private let writeEnd: Int32

  init() throws(ControlProblem) {
    var ends: [Int32] = [0, 0]
    guard pipe(&ends) == 0 else {
      throw ControlProblem("cannot make a pipe: \(String(cString: strerror(errno)))")
    }
    ends.forEach(neverWait)
    readEnd = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(readEnd)
    close(writeEnd)
  }

  func signal() {
    var byte: UInt8 = 1
    _ = write(writeEnd, &byte, 1)
  }
}

private final class ThreadBody {
  let body: () -> Void
  init(_ body: @escaping () -> Void) { self.body = body }
}

/// Starts a thread that gets no signals: those are the control thread's.
private func startThread(_ body: @escaping @Sendable () -> Void) -> pthread_t {
  var all = sigset_t()
  var before = sigset_t()
  sigfillset(&all)
  pthread_sigmask(SIG_BLOCK, &all, &before)
  defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
  var thread = pthread_t()
  let code = pthread_create(
    &thread, nil,
    { context in
      Unmanaged<ThreadBody>.fromOpaque(context!).takeRetainedValue().body()
      return nil
    }, Unmanaged.passRetained(ThreadBody(body)).toOpaque())
  precondition(code == 0, "cannot start a thread: \(String(cString: strerror(code)))")
  return thread
}
