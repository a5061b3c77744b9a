import CJACK
import Glibc
import GraphEngine
import SystemCalls

/// Feeds an engine from a JACK server: one client, a port for each external channel of the graph.
///
///     let driver = try JACKDriver(options)          // opens a client, gets the rate
///     try engine.prepare(rate: driver.rate)
///     try driver.attach(engine)                     // registers ports
///     try driver.run { event in ... }               // cycles, until control.stop()
///
/// Thread: control, the same thread for all calls; any thread may use `control`. Errors are `JACKError`s. A process can use
/// only one server, because libjack maps only one.
public final class JACKDriver {
  public struct Options: Sendable {
    /// Which cycle has frame position 0.
    public enum Origin: Sendable {
      case firstCycle
      /// The first cycle in which JACK's transport rolls; earlier cycles are not processed.
      case transport
    }

    /// The client's name.
    public var name: String
    /// The server's name; nil: JACK's default.
    public var server: String?
    public var origin: Origin
    /// When the server shuts down, wait for it and continue. Positions continue after a gap; the computer's monotonic clock
    /// gives its length, because the new server's counter is unrelated to the old one.
    public var reconnects: Bool

    public init(name: String, server: String? = nil, origin: Origin = .firstCycle, reconnects: Bool = false) {
      self.name = name
      self.server = server
      self.origin = origin
      self.reconnects = reconnects
    }
  }

  enum Stage: String {
    case opened, attached, running, ended
  }

  /// The client and its state; made again for each server.
  struct Session {
    let client: JACKClient
    let state: UnsafeMutablePointer<ProcessState>
    let notifications: Notifications
  }

  /// Microseconds to wait for the end of a running cycle.
  private static let mostOfACycle = Duration.milliseconds(200)

  public let options: Options
  public let control = DriverControl()
  /// Frames per second, for as long as the driver lives.
  public let rate: Int

  var stage = Stage.opened
  var client: JACKClient
  var engine: Engine?
  var layout = PortLayout()
  var connections: ConnectionPlan?
  var session: Session?
  let latency = LatencyTable()
  /// Events during a swap, and whether there are waiting ports that are not reported yet.
  var untold: [JACKEvent] = []
  var hasNewPorts = false
  /// When the run began.
  var began = ConnectionPlan.Moment(position: 0, wall: 0, seconds: 0)

  /// Opens a client of a running server.
  public init(_ options: Options) throws(JACKError) {
    client = try JACKClient(name: options.name, server: options.server)
    rate = client.rate
    self.options = options
    control.share.pointee.period.store(client.period, ordering: .relaxed)
    control.share.pointee.sampleRate.store(rate, ordering: .relaxed)
  }

  /// Opens a client as soon as there is a server.
  ///
  /// - Parameters:
  ///   - isStopped: called about four times a second; true ends the waiting.
  ///   - report: called once, if there is no server yet.
  /// - Returns: nil if it was stopped first.
  /// - Throws: errors that waiting can't solve.
  public static func whenServed(
    _ options: Options, isStopped: () -> Bool, report: (JACKEvent) -> Void
  ) throws(JACKError) -> JACKDriver? {
    var isWaiting = false
    while !isStopped() {
      do throws(JACKError) {
        return try JACKDriver(options)
      } catch .noServer(let name, let others) {
        if !isWaiting { report(.noServer(.noServer(name: name, others: others))) }
      } catch .refused(let action, let detail) {
        // A starting server refuses clients.
        guard isWaiting else { throw .refused(action: action, detail: detail) }
      }
      isWaiting = true
      Polling.pause(.milliseconds(250))
    }
    return nil
  }

  deinit {
    close()
  }

  /// Short names of the ports, in the order of the engine's external channels, inputs first.
  public var portNames: [String] { layout.plans.map(\.name) }

  /// Registers the ports of the prepared engine, without starting cycles. From now on the ports follow the engine's
  /// channels.
  public func attach(_ engine: Engine) throws(JACKError) {
    try enter(.attached, from: .opened, "attach")
    self.engine = engine
    layout = PortLayout(engine)
    connections = try ConnectionPlan(client: options.name, plans: layout.plans)
    session = try makeSession(client, continuation: nil)
    engine.channelsChanged = { [unowned self] in try followChannels() }
  }

  /// Leaves the server. `run` calls it at its end; repeated calls do nothing.
  public func close() {
    stage = .ended
    engine?.channelsChanged = {}
    leaveFreewheel()
    let isServerGone = control.share.pointee.isShutDown.load(ordering: .acquiring)
    if isServerGone { control.waitForNotificationsEnd() }
    client.close(isServerGone: isServerGone)
    freeSession()
  }

  func enter(_ next: Stage, from expected: Stage, _ call: String) throws(JACKError) {
    guard stage == expected else { throw .wrongOrder(call: call, stage: stage.rawValue) }
    stage = next
  }

  func makeSession(
    _ client: JACKClient, continuation: ProcessState.Continuation?
  ) throws(JACKError) -> Session {
    guard let engine else { throw .wrongOrder(call: "run", stage: stage.rawValue) }
    let state = ProcessState.make(
      client: client, engine: engine, control: control, origin: options.origin == .transport ? .transport : .firstCycle,
      continuation: continuation)
    do throws(JACKError) {
      try register(layout.indexed, client, state)
    } catch {
      ProcessState.free(state)
      throw error
    }
    latency.set(state, layout)
    let notifications = Notifications(control: control, engine: engine.realtime, latency: latency)
    notifications.install(in: client)
    jack_set_process_callback(client.handle, ProcessState.callback, state)
    jack_set_thread_init_callback(
      client.handle,
      { context in
        cjack_touch_stack(context)
        let share = context!.assumingMemoryBound(to: DriverShare.self)
        share.pointee.audioThread.store(gettid(), ordering: .relaxed)
      }, control.share)
    return Session(client: client, state: state, notifications: notifications)
  }

  /// Runs the held cycle, and frees the callbacks' memory. The client is closed. A client that did not close in time keeps
  /// the memory, because libjack may still call back: such cycles do nothing.
  func freeSession() {
    guard let session else { return }
    self.session = nil
    guard session.client.isLeftBehind else {
      session.state.runHeld()
      return ProcessState.free(session.state)
    }
    control.share.pointee.isLeaving.store(true, ordering: .sequentiallyConsistent)
    Polling.pause(Self.mostOfACycle)
    session.state.runHeld()
    _ = Unmanaged.passRetained(session.notifications)
    if let engine { _ = Unmanaged.passRetained(engine) }
  }

  /// Ends freewheel first, because jackd hangs when a client leaves in freewheel. The server answers when its driver has
  /// changed; the wait is short. The remaining cycles have a deadline again. Workers that lag by a full queue could
  /// not keep it, so these cycles are not part of the run.
  func leaveFreewheel() {
    guard control.isFreewheeling, !client.isClosed else { return }
    control.share.pointee.isLeaving.store(true, ordering: .releasing)
    client.endFreewheel()
    for _ in 0..<100 where control.isFreewheeling && LibJACKCall.leftBehind == nil {
      control.wakeup.wait(milliseconds: 20)
    }
  }
}
