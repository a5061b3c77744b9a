import CPaho
import Glibc
import OutputFiles
import Synchronization
import SystemCalls

/// Carries the messages of a queue to the broker, on a thread of its own: connects, sends in order, removes what the
/// broker has acknowledged, and tries again with growing pauses.
///
/// After a broken connection it begins again with the oldest message that is not acknowledged: a message may arrive
/// twice, but none is lost, and each arrives for the first time in order.
final class Courier: @unchecked Sendable {
  struct Run: Sendable {
    var settings: MQTTSettings
    var topics: Topics
    /// Name of the client for the broker: the same each time that the watch starts.
    var identifier: String
    var folder: String
    /// Messages for Home Assistant, sent at every connection.
    var announcements: [RetainedMessage]
  }

  private enum Link: Equatable {
    case apart(until: ContinuousClock.Instant)
    case connecting(since: ContinuousClock.Instant)
    case connected(since: ContinuousClock.Instant)
  }

  private struct Orders {
    /// The last state of each machine by topic, and the topics that the broker does not have yet.
    var states: [String: [UInt8]] = [:]
    var untold: Set<String> = []
    /// Nil: it goes on.
    var end: (by: ContinuousClock.Instant, waitsForBroker: Bool)?
  }

  /// Messages that Paho has at a time.
  private static let window = 64
  /// A connection that lasted less long does not shorten the next pause.
  private static let stable = Duration.seconds(10)
  private static let connectingLimit = Duration.seconds(30)
  /// A broker that acknowledges none of the messages that it has for so long is not waited for any longer.
  private static let acknowledgeLimit = Duration.seconds(15)
  /// Seconds between two looks when nothing happens.
  private static let interval = 1.0
  private static let goodbye: Int32 = 500

  private let run: Run
  private let outbox: Outbox
  private let notes: CourierNotes
  private let events = CourierEvents()
  private let orders = Mutex(Orders())
  private let connection = Atomic<Bool>(false)
  private let ended = Condition()
  private var hasEnded = false

  // The courier's thread only.
  private var lock: QueueLock?
  private var client: BrokerClient?
  private var link = Link.apart(until: .now)
  private var backoff = Backoff()
  /// The last attempt to connect has failed.
  private var hasFailed = false
  /// The last acknowledgement, or when the first message left that was not acknowledged.
  private var heard = ContinuousClock.now
  /// The broker accepts connections, but acknowledges nothing.
  private var isUnanswered = false
  private var isUnreadable = false
  private var buffer: ArraySlice<Outbox.Entry> = []
  private var lastSent: Int64 = 0
  private var flying: Set<Int64> = []
  /// Acknowledged, but not removed yet.
  private var sent: Set<Int64> = []
  private var savedCount = 0

  /// - Parameter lock: nil: the thread waits until another node of this process gives it back.
  init(_ run: Run, outbox: Outbox, lock: QueueLock?, notes: CourierNotes) {
    self.run = run
    self.outbox = outbox
    self.lock = lock
    self.notes = notes
  }

  // MARK: The sink's side

  /// - Returns: false: the system has no room for another thread.
  func start() -> Bool { BackgroundThread.start("auscult-mqtt") { [self] in work() } }

  /// There are new messages in the queue.
  func wake() { events.wake() }

  /// The last value of each topic.
  var retained: [RetainedMessage] {
    orders.withLock { $0.states.map { RetainedMessage(topic: $0.key, payload: $0.value) } }
  }

  /// Tells `status` why the queue can't be written; nil: it can.
  func noteQueue(_ problem: String?) { notes.queue(problem) }

  /// Sets the last value of a topic.
  func retain(_ message: RetainedMessage) {
    orders.withLock { orders in
      orders.states[message.topic] = message.payload
      orders.untold.insert(message.topic)
    }
    events.wake()
  }

  var isConnected: Bool { connection.load(ordering: .relaxed) }

  /// Sends what waits, says goodbye and ends.
  ///
  /// - Parameters:
  ///   - seconds: the longest time for it.
  ///   - waitsForBroker: also while the first attempt to connect has not ended.
  func stop(seconds: Double, waitsForBroker: Bool) {
    orders.withLock { $0.end = (.now + .seconds(seconds), waitsForBroker) }
    events.wake()
    let deadline = Condition.Deadline(in: seconds + 2 * Double(Self.goodbye) / 1000)
    ended.lock()
    while !hasEnded, ended.wait(until: deadline) {}
    ended.unlock()
    notes.end()
  }

  // MARK: The thread

  private func work() {
    // Signals are for the program's own thread for them; Paho's threads inherit this.
    var all = sigset_t()
    sigfillset(&all)
    pthread_sigmask(SIG_BLOCK, &all, nil)
    if waitForLock() {
      while step() {}
      leave()
    }
    (client, lock) = (nil, nil)
    ended.lock()
    hasEnded = true
    ended.broadcast()
    ended.unlock()
  }

  /// False: it is to end before it has the lock.
  private func waitForLock() -> Bool {
    while lock == nil {
      do throws(FileProblem) {
        lock = try QueueLock(folder: run.folder, waits: true)
        notes.queue(nil)
      } catch {
        notes.queue(error.description)
      }
      if lock == nil, orders.withLock({ $0.end != nil }) { return false }
      if lock == nil { _ = events.wait(seconds: 0.2) }
    }
    return true
  }

  /// One round. False: it is to end.
  private func step() -> Bool {
    for event in events.wait(seconds: pause) { handle(event) }
    let end = orders.withLock { $0.end }
    removeSent()
    notes.queued(outbox.count)
    var isEmpty = false
    switch link {
    case .apart(let next): if .now >= next { connect() }
    case .connecting(let since):
      if .now - since > Self.connectingLimit { fail(code: -1, detail: "no answer") }
    case .connected:
      tellStates()
      isEmpty = send() && flying.isEmpty
      lookForAnswers()
    }
    save()
    guard let end else { return true }
    if case .connected = link { return !isEmpty && .now < end.by }
    return end.waitsForBroker && !hasFailed && .now < end.by
  }

  private var pause: Double {
    let end = orders.withLock { $0.end }
    var pause = end == nil ? Self.interval : 0.05
    if case .apart(let next) = link { pause = min(pause, max(0, (next - .now) / .seconds(1))) }
    return pause
  }

  private func handle(_ event: CourierEvents.Event) {
    switch (event, link) {
    case (.connected, .connecting): begin()
    case (.refused(let code, let detail), .connecting): fail(code: code, detail: detail)
    case (.lost, .connected(let since)):
      if .now - since > Self.stable { backoff.reset() }
      part(BrokerProblem("the connection to the broker \(run.settings.broker.text) is lost"))
    case (.sent(let id), _):
      flying.remove(id)
      sent.insert(id)
      heard = .now
      if isUnanswered { tellConnected() }
    case (.unsent(let id, let attempt), .connected) where attempt == client?.attempt && flying.contains(id):
      // What follows would overtake it, so begin again.
      client?.disconnect(milliseconds: 0)
      part(BrokerProblem("the connection to the broker \(run.settings.broker.text) does not take messages"))
    default: break
    }
  }

  // MARK: The connection

  private func connect() {
    if client == nil {
      client = BrokerClient(uri: run.settings.broker.uri, identifier: run.identifier, events: events)
    }
    guard let client else { return part(BrokerProblem("the MQTT library can't take the broker's address")) }
    do throws(FileProblem) {
      // Read each time, because a password may be changed.
      let password = try run.settings.passwordFile.map { path throws(FileProblem) in try PasswordFile.read(path) }
      _ = events.takeTLSWords()
      link = .connecting(since: .now)
      let code = client.connect(
        BrokerClient.Login(user: run.settings.user, password: password ?? []), tls: tls,
        will: RetainedMessage(topic: run.topics.status, payload: Array("offline".utf8)))
      if code != MQTTASYNC_SUCCESS { fail(code: code, detail: "") }
    } catch {
      part(BrokerProblem(error.description))
    }
  }

  private var tls: BrokerClient.TLS? {
    guard run.settings.broker.usesTLS else { return nil }
    return BrokerClient.TLS(
      authority: run.settings.authority, certificate: run.settings.certificate, key: run.settings.key)
  }

  private func begin() {
    link = .connected(since: .now)
    hasFailed = false
    if !isUnanswered { tellConnected() }
    publish(RetainedMessage(topic: run.topics.status, payload: Array("online".utf8)))
    for message in run.announcements { publish(message) }
    orders.withLock { $0.untold = Set($0.states.keys) }
  }

  private func tellConnected() {
    isUnanswered = false
    connection.store(true, ordering: .relaxed)
    notes.connected(run.settings.broker.text, waiting: outbox.count)
  }

  /// Without this, alarms would wait for ever at a broker that hangs, and `status` would not say so.
  private func lookForAnswers() {
    guard !flying.isEmpty, .now - heard > Self.acknowledgeLimit else { return }
    isUnanswered = true
    client?.disconnect(milliseconds: 0)
    part(
      BrokerProblem(
        "the broker \(run.settings.broker.text) takes messages, but acknowledges none; look at its log, or start it "
          + "again"))
  }

  private func fail(code: Int32, detail: String) {
    part(BrokerProblem(run.settings, code: code, detail: detail, tls: events.takeTLSWords()))
  }

  private func part(_ problem: BrokerProblem) {
    link = .apart(until: .now + backoff.next())
    hasFailed = true
    connection.store(false, ordering: .relaxed)
    (buffer, lastSent, flying) = ([], 0, [])
    notes.blocked(problem, waiting: outbox.count)
  }

  private func leave() {
    guard case .connected = link, let client else { return }
    publish(RetainedMessage(topic: run.topics.status, payload: Array("offline".utf8)))
    client.disconnect(milliseconds: Self.goodbye)
    _ = Polling.wait(seconds: Double(Self.goodbye) / 1000, every: .milliseconds(5)) { !client.isConnected }
    for event in events.wait(seconds: 0) { handle(event) }
    removeSent()
  }

  // MARK: Messages

  private func tellStates() {
    let messages = orders.withLock { orders in
      defer { orders.untold = [] }
      return orders.untold.sorted().map { RetainedMessage(topic: $0, payload: orders.states[$0] ?? []) }
    }
    for message in messages { publish(message) }
  }

  private func publish(_ message: RetainedMessage) {
    // If it does not arrive, the connection is broken; the next one sends it again.
    _ = client?.publish(
      topic: message.topic, payload: message.payload, quality: run.settings.quality, isRetained: true)
  }

  /// Gives Paho as many messages as it may have.
  ///
  /// - Returns: whether the queue has no others.
  private func send() -> Bool {
    while flying.count < Self.window {
      if buffer.isEmpty {
        guard let entries = read() else { return false }
        buffer = entries[...]
        if buffer.isEmpty { return true }
      }
      guard let entry = buffer.first else { return true }
      if !sent.contains(entry.id) {
        let isTaken = client?.publish(
          topic: entry.topic, payload: entry.payload, quality: run.settings.quality, id: entry.id)
        // Paho has no number left, or the connection is about to break.
        guard isTaken == true else { return false }
        if flying.isEmpty { heard = .now }
        flying.insert(entry.id)
      }
      lastSent = entry.id
      buffer.removeFirst()
    }
    return false
  }

  /// The next messages of the queue; nil: they can't be read, and `status` says so.
  private func read() -> [Outbox.Entry]? {
    do throws(FileProblem) {
      let entries = try outbox.next(after: lastSent, most: Self.window)
      if isUnreadable { notes.queue(nil) }
      isUnreadable = false
      return entries
    } catch {
      isUnreadable = true
      notes.queue(error.description)
      return nil
    }
  }

  /// If that fails, because the disk is full, it is tried again: until then they are known as sent.
  private func removeSent() {
    guard !sent.isEmpty, (try? outbox.remove(sent.sorted())) != nil else { return }
    sent = []
  }

  /// Writes the queue to the disk after a change, at most once a round.
  private func save() {
    guard outbox.changes != savedCount else { return }
    savedCount = outbox.changes
    outbox.save()
  }
}
