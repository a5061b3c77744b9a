import CJACK
import CNodeABI
import CRealtime
import Glibc
import GraphEngine

extension JACKDriver {
  /// Milliseconds between two looks when nothing happens, and while a swap or the beginning is waited for.
  private static let interval: Int32 = 100
  private static let shortInterval: Int32 = 20
  /// Looks between two comparisons with the wall clock, and two looks at the connections when nothing happens.
  private static let looksPerCheck = 10

  /// Lets cycles flow until `control.stop()`, then leaves the server. What was delivered has been through the engine's
  /// cycle by then; its workers may still have some. `engine.service()` is called here.
  ///
  /// - Parameters:
  ///   - tick: called about ten times a second, more often while the graph is being changed, and soon after something
  ///     happened or `control.wake()`. It may change the engine's graph.
  ///   - report: called with what happens.
  /// - Throws: `serverShutDown`, `rateChanged`, `silent`; the server has been left then, too.
  public func run(tick: () -> Void = {}, report: (JACKEvent) -> Void = { _ in }) throws(JACKError) {
    try enter(.running, from: .attached, "run")
    defer {
      let wasAnswering = LibJACKCall.leftBehind == nil
      endSound()
      close()
      if client.isLeftBehind && wasAnswering { report(.leftBehind) }
    }
    anchorToNow()
    began = now
    do throws(JACKError) {
      try client.activate()
    } catch {
      // A server that is ending refuses before it says so: then the loop below meets the end of the server.
      guard isShutDownWithin(milliseconds: 1000) else { throw error }
    }
    var progress = Progress(self)
    while !isStopRequested {
      if control.share.pointee.isShutDown.load(ordering: .acquiring) {
        guard try reconnect(tick: tick, report: report) else { return }
        progress = Progress(self)
      }
      if hasOtherRate {
        guard try reconnect(tick: tick, report: report) else { return }
        progress = Progress(self)
      }
      if let action = LibJACKCall.leftBehind { throw .silent(action: action) }
      progress.report(self, report)
      followConnections(progress.isCheckDue, isFirst: progress.looks == 0, report)
      if progress.isCheckDue || !progress.isAnchored { progress.isAnchored = anchorToStamp() }
      engine?.service()
      tick()
      progress.looks += 1
      let isBusy = !progress.isAnchored || engine?.isSwapping ?? false
      control.wakeup.wait(milliseconds: isBusy ? Self.shortInterval : Self.interval)
    }
  }

  /// From here on no cycle is sound, whatever comes while the ports are pulled: the stream ends where it is now, but for
  /// a cycle that is kept back. Returns when the realtime thread knows it, or there are no cycles.
  private func endSound() {
    control.share.pointee.isLeaving.store(true, ordering: .sequentiallyConsistent)
    guard LibJACKCall.leftBehind == nil else { return }
    awaitCycles(1, seconds: 1)
  }

  private func isShutDownWithin(milliseconds: Int32) -> Bool {
    for _ in 0..<(milliseconds / 20) {
      if control.share.pointee.isShutDown.load(ordering: .acquiring) { return true }
      control.wakeup.wait(milliseconds: 20)
    }
    return control.share.pointee.isShutDown.load(ordering: .acquiring)
  }

  private var isStopRequested: Bool { control.share.pointee.stopRequested.load(ordering: .acquiring) }

  /// What the control loop has told already.
  private struct Progress {
    var looks = 0
    var isAnchored = false
    private var hasBegun: Bool
    private var period: Int
    private var isFreewheeling: Bool

    init(_ driver: JACKDriver) {
      hasBegun = driver.options.origin == .firstCycle || driver.control.hasBegun
      period = driver.control.period
      isFreewheeling = driver.control.isFreewheeling
    }

    var isCheckDue: Bool { looks % JACKDriver.looksPerCheck == 0 }

    mutating func report(_ driver: JACKDriver, _ report: (JACKEvent) -> Void) {
      let control = driver.control
      if control.period != period {
        period = control.period
        report(.period(period))
      }
      if control.isFreewheeling != isFreewheeling {
        isFreewheeling = control.isFreewheeling
        report(.freewheel(isFreewheeling))
      }
      if control.hasBegun && !hasBegun {
        hasBegun = true
        report(.began)
      }
    }
  }

  /// The server, which is there, has changed its rate.
  private var hasOtherRate: Bool { control.share.pointee.sampleRate.load(ordering: .relaxed) != rate }
}

// MARK: - The wall clock

extension JACKDriver {
  /// Before the first cycle: position 0 is about now.
  private func anchorToNow() {
    engine?.anchor(position: 0, wall: nanoseconds(CLOCK_REALTIME), monotonic: nanoseconds(CLOCK_MONOTONIC))
  }

  /// Ties the last cycle's begin to the wall clock; the engine tells a step of that clock by the monotonic one. In
  /// freewheel positions run ahead of any clock: the anchor stays.
  ///
  /// - Returns: whether there was a cycle to tie.
  private func anchorToStamp() -> Bool {
    guard control.hasBegun else {
      anchorToNow()
      return false
    }
    guard !control.isFreewheeling, let stamp = control.share.pointee.stamp.read() else { return false }
    let age = Int64(bitPattern: jack_get_time() &- stamp.microseconds) * 1000
    engine?.anchor(
      position: stamp.position, wall: nanoseconds(CLOCK_REALTIME) - age, monotonic: nanoseconds(CLOCK_MONOTONIC) - age)
    return true
  }

  private func nanoseconds(_ clock: clockid_t) -> Int64 {
    var now = timespec()
    clock_gettime(clock, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
  }
}

// MARK: - A server that went away

extension JACKDriver {
  /// Leaves the server that is gone, or has another rate now, and waits for one of the same name and rate.
  ///
  /// - Returns: false when `stop` came first.
  private func reconnect(tick: () -> Void, report: (JACKEvent) -> Void) throws(JACKError) -> Bool {
    let isGone = control.share.pointee.isShutDown.load(ordering: .acquiring)
    let reason = control.shutdownReason
    let rateNow = control.share.pointee.sampleRate.load(ordering: .relaxed)
    if !isGone { endSound() }
    let continuation = session?.state.pointee.continuation
    if isGone { control.waitForNotificationsEnd() }
    client.close(isServerGone: isGone)
    freeSession()
    loseConnections()
    if client.isLeftBehind { report(.leftBehind) }
    guard options.reconnects else {
      throw isGone ? .serverShutDown(reason: reason) : .rateChanged(from: rate, to: rateNow)
    }
    // libjack takes no further client in this process.
    if let action = LibJACKCall.leftBehind { throw .silent(action: action) }
    control.share.pointee.isWaiting.store(true, ordering: .relaxed)
    defer { control.share.pointee.isWaiting.store(false, ordering: .relaxed) }
    report(isGone ? .serverLost(reason: reason) : .otherRate(rateNow, wanted: rate))
    let began = realtime_nanoseconds()
    var otherRate = isGone ? nil : Optional(rateNow)
    while !isStopRequested {
      if let next = try openAgain() {
        if next.rate == rate {
          try resume(with: next, continuation)
          report(.serverBack(seconds: Double(realtime_nanoseconds() - began) / 1e9))
          return true
        }
        let found = next.rate
        next.close()
        if found != otherRate { report(.otherRate(found, wanted: rate)) }
        otherRate = found
      }
      // A server at another rate is not asked ten times a second.
      for _ in 0..<(otherRate == nil ? 1 : Self.looksPerCheck) where !isStopRequested {
        engine?.service()
        tick()
        control.wakeup.wait(milliseconds: Self.interval)
      }
    }
    endWithoutServer(continuation)
    return false
  }

  /// The run ends while there is no server: the time without one is lost all the same.
  private func endWithoutServer(_ continuation: ProcessState.Continuation?) {
    guard let continuation, control.hasBegun else { return }
    let lost = continuation.framesWithoutServer(until: realtime_nanoseconds(), rate: rate)
    guard lost > 0 else { return }
    engine?.realtime.cycle(DriverCycle(frames: 0, gapBefore: lost, gapCause: AUSCULT_GAP_SERVER))
  }

  /// - Returns: nil while there is no server.
  /// - Throws: what waiting does not help against.
  private func openAgain() throws(JACKError) -> JACKClient? {
    do {
      return try JACKClient(name: options.name, server: options.server)
    } catch .noServer, .refused {
      return nil
    }
  }

  private func resume(with next: JACKClient, _ continuation: ProcessState.Continuation?) throws(JACKError) {
    client = next
    control.share.pointee.notificationThread.store(0, ordering: .relaxed)
    control.share.pointee.isShutDown.store(false, ordering: .relaxed)
    control.share.pointee.isFreewheeling.store(false, ordering: .relaxed)
    control.share.pointee.period.store(next.period, ordering: .relaxed)
    control.share.pointee.sampleRate.store(rate, ordering: .relaxed)
    session = try makeSession(next, continuation: continuation)
    control.share.pointee.isLeaving.store(false, ordering: .sequentiallyConsistent)
    try next.activate()
  }
}
