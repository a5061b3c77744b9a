import GraphEngine
import JACKDriver
import RunControl
import Synchronization

/// The time before a live run has its JACK server: `stop` and signals end it, and other requests are answered with what
/// it waits for.
final class ServerWait: Sendable {
  private let control: ControlServer
  private let signals: SignalWatcher
  private let name: String
  private let tell: @Sendable (LiveEvent) -> Void
  /// Receives what the run waits for, when it begins to wait.
  private let waits: @Sendable (String) -> Void
  private let stopped = Atomic<Bool>(false)
  private let isAnswering = Atomic<Bool>(false)
  /// The methods that answer once the run has begun.
  private let handlers = Mutex<[String: ControlServer.Handler]>([:])
  /// What the run waits for, in words.
  private let reason = Mutex("the run is starting")

  /// Answers the control socket's requests from now on. Thread: control.
  ///
  /// - Parameter name: of the run.
  init(
    _ control: ControlServer, _ signals: SignalWatcher, name: String, tell: @escaping @Sendable (LiveEvent) -> Void,
    waits: @escaping @Sendable (String) -> Void
  ) {
    self.waits = waits
    self.control = control
    self.signals = signals
    self.name = name
    self.tell = tell
  }

  var isStopped: Bool { stopped.load(ordering: .acquiring) }

  /// Opens a client of the server; with `--reconnect`, waits for the server.
  ///
  /// - Returns: nil when the run was stopped before.
  func driver(_ options: JACKDriver.Options) throws(JACKError) -> JACKDriver? {
    guard options.reconnects else { return try JACKDriver(options) }
    signals.handle { [self] in stop() }
    var began: ContinuousClock.Instant?
    let isStopped = { self.isStopped }
    let driver = try JACKDriver.whenServed(options, isStopped: isStopped) { event in
      began = .now
      reason.withLock { $0 = "\(event)" }
      tell(.waitsForServer(event))
      waits("\(event)")
      control.start(methods)
    }
    guard let began else { return driver }
    guard driver != nil else {
      tell(.stoppedBeforeServer(name))
      return nil
    }
    tell(.serverCame(seconds: (.now - began) / .seconds(1)))
    isAnswering.store(true, ordering: .relaxed)
    return driver
  }

  /// The run has begun: these methods answer now.
  ///
  /// - Returns: whether the run was stopped before, so that no `stop` is lost in between.
  func end(with handlers: [String: ControlServer.Handler]) -> Bool {
    let isStopped = self.handlers.withLock {
      $0 = handlers
      return self.isStopped
    }
    if !isAnswering.load(ordering: .relaxed) { control.start(handlers) }
    return isStopped
  }

  private func stop() { stopped.store(true, ordering: .releasing) }

  private var methods: [String: ControlServer.Handler] {
    var methods: [String: ControlServer.Handler] = [:]
    for method in RunMethods.names {
      methods[method] = { [self] parameters in
        let handler = handlers.withLock { handlers -> ControlServer.Handler? in
          if handlers.isEmpty && method == "stop" { stop() }
          return handlers[method]
        }
        if let handler { return try handler(parameters) }
        if method == "stop" { return ["stopping": true] }
        throw ControlError.failed("'\(name)' does not run yet: \(reason.withLock { $0 })")
      }
    }
    return methods
  }
}
