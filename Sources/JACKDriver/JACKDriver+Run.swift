import CJACK
import CNodeABI
import CRealtime
import Glibc
import GraphEngine

extension JACKDriver {
  /// Milliseconds between two polling rounds without an event, and while the driver waits for a swap or the beginning.
  private static let interval: Int32 = 100
  private static let shortInterval: Int32 = 20
  /// Polling rounds between two comparisons with the wall clock, and between two looks at the connections without an event.
  private static let looksPerCheck = 10

  /// Runs cycles until `control.stop()`, then leaves the server. By then all delivered frames have passed the engine's
  /// cycle; its workers may still have tokens. Calls `engine.service()`.
  ///
  /// - Parameters:
  ///   - poll: called about ten times a second, more often during a swap, and soon after an event or `control.wake()`. It
  ///     may change the engine's graph.
  ///   - report: receives events.
  /// - Throws: `serverShutDown`, `rateChanged`, `silent`; the client has left the server then, too.
  public func run(poll: () -> Void = {}, report: (JACKEvent) -> Void = { _ in }) throws(JACKError) {
    try enter(.running, from: .attached, "run")
    defer {
      let wasAnswering = LibJACKCall.leftBehind == nil
      endSound()
      close()
      if client.isLeftBehind && wasAnswering { report(.leftBehind) }
    }
    anchorToNow()
    engine?.beginLive(at: nanoseconds(CLOCK_REALTIME))
    began = now
    do throws(JACKError) {
      try client.activate()
    } catch {
      // A server that is ending refuses requests before it reports its end: the loop below handles that.
      guard isShutDownWithin(milliseconds: 1000) else { throw error }
    }
    var progress = Progress(self)
    while !isStopRequested {
      if control.share.pointee.isShutDown.load(ordering: .acquiring) {
        guard try reconnect(poll: poll, report: report) else { return }
        progress = Progress(self)
      }
      if hasOtherRate {
        guard try reconnect(poll: poll, report: report) else { return }
        progress = Progress(self)
      }
      if let action = LibJACKCall.leftBehind { throw .silent(action: action) }
      progress.report(self, report)
      followConnections(progress.isCheckDue, isFirst: progress.looks == 0, report)
      if progress.isCheckDue || !progress.isAnchored { progress.isAnchored = anchorToStamp() }
      engine?.service()
      poll()
      progress.looks += 1
      let isBusy = !progress.isAnchored || engine?.isSwapping ?? false
      control.wakeup.wait(milliseconds: isBusy ? Self.shortInterval : Self.interval)
    }
  }

  /// Ends the stream at the present position, plus a held cycle: later cycles have no sound, because the ports are being
  /// removed. Returns when the realtime thread knows it, or there are no cycles.
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

  /// The state that the control loop has reported already.
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

  /// The running server has changed its rate.
  private var hasOtherRate: Bool { control.share.pointee.sampleRate.load(ordering: .relaxed) != rate }
}

// MARK: - The wall clock

extension JACKDriver {
  /// Before the first cycle: the wall time of position 0 is about now.
  private func anchorToNow() {
    engine?.anchor(position: 0, wall: nanoseconds(CLOCK_REALTIME), monotonic: nanoseconds(CLOCK_MONOTONIC))
  }

  /// Maps the begin of the last cycle to the wall clock. The engine detects a step of that clock by the monotonic one. In
  /// freewheel positions run ahead of any clock, so the mapping stays.
  ///
  /// - Returns: whether there was a cycle.
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
  /// Leaves a server that is gone or has another rate now, and waits for a server with the same name and rate.
  ///
  /// - Returns: false if `stop` came first.
  private func reconnect(poll: () -> Void, report: (JACKEvent) -> Void) throws(JACKError) -> Bool {
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
    // libjack can open no further client in this process.
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
      // Polls a server at another rate less often than ten times a second.
      for _ in 0..<(otherRate == nil ? 1 : Self.looksPerCheck) where !isStopRequested {
        engine?.service()
        poll()
        control.wakeup.wait(milliseconds: Self.interval)
      }
    }
    endWithoutServer(continuation)
    return false
  }

  /// The run ends while there is no server: the time without a server counts as lost.
  private func endWithoutServer(_ continuation: ProcessState.Continuation?) {
    guard let continuation, control.hasBegun else { return }
    let lost = continuation.framesWithoutServer(until: realtime_nanoseconds(), rate: rate)
    guard lost > 0 else { return }
    engine?.realtime.cycle(DriverCycle(frames: 0, gapBefore: lost, gapCause: AUSCULT_GAP_SERVER))
  }

  /// - Returns: nil while there is no server.
  /// - Throws: errors that waiting can't solve.
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
