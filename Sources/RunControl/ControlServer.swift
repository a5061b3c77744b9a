import Glibc
import Synchronization
import SystemCalls

/// Lets commands control a running graph by its name.
///
/// `init` reserves the name, so that a second run of the same name is refused before it does anything. `start` begins to
/// answer, on a thread of its own; handlers run there one after another. Clients cannot make the server crash, wait or
/// grow: the number and size of lines and batches are limited, and clients that do not read get no further answers.
///
/// Thread: `init`, `start`, `stop`: control.
public final class ControlServer: Sendable {
  public typealias Handler = @Sendable (_ parameters: JSONValue) throws -> JSONValue

  /// Name of the graph.
  public let name: String
  /// Path of the first socket.
  public var path: String { paths[0] }
  /// Paths of the sockets, one in each folder that can be used.
  public let paths: [String]
  private let sockets: [UnixSocket]
  private let wake: WakePipe
  private let locks: Mutex<[NameLock]>
  private let thread = Mutex<pthread_t?>(nil)

  /// Reserves a name in one folder.
  public convenience init(name: String, folder: ControlFolder) throws(ControlProblem) {
    try self.init(name: name, folders: ControlFolders([folder]))
  }

  /// Reserves a name in every folder that can be used: see `ControlFolders`. Throws if a running process has the name in any
  /// of them, or if no folder can be used. Removes sockets of dead processes.
  public init(name: String, folders: ControlFolders = .standard()) throws(ControlProblem) {
    self.name = name
    // All names first, so that a refused run leaves no socket.
    var problems: [ControlProblem] = []
    let locks = try ControlServer.take(name, folders, &problems)
    var paths: [String] = []
    var sockets: [UnixSocket] = []
    for (path, _) in locks {
      do throws(ControlProblem) {
        sockets.append(try UnixSocket.listening(at: path))
        paths.append(path)
      } catch { problems.append(error) }
    }
    guard !paths.isEmpty else { throw ControlProblem(problems.map(\.text).joined(separator: "; ")) }
    self.paths = paths
    self.sockets = sockets
    self.locks = Mutex(locks.map(\.lock))
    wake = try WakePipe()
  }

  private static func take(
    _ name: String, _ folders: ControlFolders, _ problems: inout [ControlProblem]
  ) throws(ControlProblem) -> [(path: String, lock: NameLock)] {
    var locks: [(path: String, lock: NameLock)] = []
    for folder in folders.folders {
      do throws(ControlProblem) {
        try folder.prepare()
        let path = try folder.socket(name)
        locks.append((path, try NameLock(socket: path, name: name)))
      } catch {
        if error.isNameTaken || name.isEmpty { throw error }
        problems.append(error)
      }
    }
    return locks
  }

  deinit { stop() }

  /// Begins to answer. A handler receives the request's parameters (an empty object if there are none), and answers or
  /// throws a `ControlError`; any other error is reported as an internal one. Call it once.
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
    let loop = ControlLoop(sockets: sockets, wake: wake, methods: methods)
    thread.withLock { thread in
      precondition(thread == nil, "a control server starts once")
      thread = startThread { loop.run() }
    }
  }

  /// Stops answering and releases the name. Waits for the running handler, so a handler must not call it.
  public func stop() {
    wake.signal()
    thread.withLock { thread in
      if let running = thread { pthread_join(running, nil) }
      thread = nil
    }
    locks.withLock { locks in
      guard !locks.isEmpty else { return }
      for path in paths { unlink(path) }
      locks = []
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
      throw ControlProblem("cannot make a pipe: \(systemReason())")
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

/// Starts a thread that receives no signals, because the control thread handles them.
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
  precondition(code == 0, "cannot start a thread: \(systemReason(code))")
  return thread
}
