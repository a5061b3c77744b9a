import CJACK
import GraphEngine

/// The callbacks of JACK's notification threads. They set atomics and wake the control thread; only the latency callback
/// calls JACK, because that is its purpose.
final class Notifications: Sendable {
  let control: DriverControl
  let engine: RealtimeEngine
  let latency: LatencyTable

  init(control: DriverControl, engine: RealtimeEngine, latency: LatencyTable) {
    self.control = control
    self.engine = engine
    self.latency = latency
  }

  /// Sets all callbacks but the process callback. `self` must outlive the client.
  ///
  /// Thread: control, before the client is active.
  func install(in client: JACKClient) {
    let handle = client.handle
    let context = Unmanaged.passUnretained(self).toOpaque()
    jack_set_xrun_callback(handle, { of($0).noteXrun() }, context)
    jack_set_buffer_size_callback(handle, { of($1).notePeriod($0) }, context)
    jack_set_sample_rate_callback(handle, { of($1).noteRate($0) }, context)
    jack_set_freewheel_callback(handle, { of($1).noteFreewheel($0 != 0) }, context)
    jack_set_port_registration_callback(handle, { of($2).notePorts() }, context)
    jack_set_port_connect_callback(handle, { of($3).notePorts() }, context)
    jack_set_latency_callback(handle, { of($1).noteLatency($0) }, context)
    jack_on_info_shutdown(handle, { of($2).control.noteShutdown($1.map { String(cString: $0) } ?? "") }, context)
  }

  private func noteXrun() -> Int32 {
    control.share.pointee.xruns.add(1, ordering: .relaxed)
    engine.countXrun()
    return 0
  }

  /// JACK also calls this for the first period.
  private func notePeriod(_ frames: UInt32) -> Int32 {
    let before = control.share.pointee.period.exchange(Int(frames), ordering: .relaxed)
    if before != 0 && before != Int(frames) {
      control.share.pointee.periodChanges.add(1, ordering: .relaxed)
      control.wakeup.signal()
    }
    return 0
  }

  private func noteRate(_ rate: UInt32) -> Int32 {
    control.share.pointee.sampleRate.store(Int(rate), ordering: .relaxed)
    control.wakeup.signal()
    return 0
  }

  /// The server waits for this callback between its last cycle before the change of mode and its first one after it.
  private func noteFreewheel(_ begins: Bool) {
    control.share.pointee.isFreewheeling.store(begins, ordering: .releasing)
    control.wakeup.signal()
  }

  private func noteLatency(_ mode: jack_latency_callback_mode_t) {
    control.noteNotificationThread()
    latency.update(mode)
  }

  private func notePorts() {
    control.noteNotificationThread()
    control.share.pointee.portsChanged.store(true, ordering: .releasing)
    control.wakeup.signal()
  }
}

private func of(_ context: UnsafeMutableRawPointer?) -> Notifications {
  Unmanaged<Notifications>.fromOpaque(context!).takeUnretainedValue()
}
