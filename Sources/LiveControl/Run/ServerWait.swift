import GraphEngine
import JACKDriver
import RunControl
import Synchronization

/// The time before a live run has its JACK server: `stop` and signals end it, and whoever asks is told what it waits for.
final class ServerWait: Sendable {
  private let control: ControlServer
  private let signals: SignalWatcher
  private let name: String
  private let tell: @Sendable (LiveEvent) -> Void
  private let stopped = Atomic<Bool>(false)
  private let isAnswering = Atomic<Bool>(false)
  /// What answers once the run has begun.
  private let handlers = Mutex<[String: ControlServer.Handler]>([:])
  /// What it waits for, in words.
  private let reason = Mutex("the run is only beginning")

  /// Takes the control socket's requests from now on. Thread: control.
  ///
  /// - Parameter name: of the run.
  init(
    _ control: ControlServer, _ signals: SignalWatcher, name: String, tell: @escaping @Sendable (LiveEvent) -> Void
  ) {
    self.control = control
    self.signals = signals
    self.name = name
    self.tell = tell
  }

  var isStopped: Bool { stopped.load(ordering: .acquiring) }

  /// A client of the server; with `--reconnect`, as soon as there is one.
  ///
  /// - Returns: nil when it was stopped before.
  func driver(_ options: JACKDriver.Options) throws(JACKError) -> JACKDriver? {
    guard options.reconnects else { return try JACKDriver(options) }
    signals.handle { [self] in stop() }
    var began: ContinuousClock.Instant?
    let isStopped = { self.isStopped }
    let driver = try JACKDriver.whenServed(options, isStopped: isStopped) { event in
      began = .now
      reason.withLock { $0 = "\(event)" }
      tell(.waitsForServer(event))
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

  /// The run has begun: these answer now.
  ///
  /// - Returns: whether it was stopped before: no `stop` is lost between the one and the other.
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
        throw ControlError.failed("'\(name)' hears nothing yet: \(reason.withLock { $0 })")
      }
    }
    return methods
  }
}
