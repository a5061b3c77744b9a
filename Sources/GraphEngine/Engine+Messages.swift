import RealtimeCore

/// What the realtime thread reports, and what people read of it.
extension Engine {
  /// Turns the realtime thread's messages into text. Call it a few times a second.
  public func service() {
    lookForLateNodes()
    let missed = services.takeLostNotices()
    if missed > 0 { log(.error, "", "\(missed) notices were not recorded: a sink fetches them too seldom") }
    while let message = state.pointee.messages.pop() {
      switch message.kind {
      case .gap:
        let reason = message.pointer.map { " " + String(cString: $0.assumingMemoryBound(to: CChar.self)) } ?? ""
        log(.warning, "", "lost \(message.second - message.first) frames at frame position \(message.first)\(reason)")
      case .dropBegan where isTap(message.node), .dropEnded where isTap(message.node): break
      case .dropBegan:
        log(.warning, name(message), "its queue is full: dropping tokens from frame position \(message.first) on")
      case .dropEnded:
        log(.warning, name(message), "dropped \(message.second) tokens up to frame position \(message.first)")
      case .nodeFailed:
        let reason = message.pointer.map { String(cString: $0.assumingMemoryBound(to: CChar.self)) }
        nodeFailed(name(message), reason ?? "failed and gave no reason")
      case .inputNotFinite:
        log(
          .warning, name(message),
          "gets samples that are not finite, from frame position \(message.first) on: the fault is in the program or file that "
            + "they come from, and no node is taken out for it")
      case .scheduleRetired:
        if let pointer = message.pointer {
          retire(UnsafeMutableRawPointer(mutating: pointer).assumingMemoryBound(to: RealtimeSchedule.self))
        }
      }
    }
    tellOfLostMessages()
    tellOfLeftOutScores()
    swapRun?.advance()
    removeLeavingTaps()
  }

  /// Reports the messages of the realtime thread that found no slot. `Statistics` counts their events anyway.
  private func tellOfLostMessages() {
    let lost = state.pointee.messages.lost
    guard lost > toldLost else { return }
    log(
      .error, "",
      "\(lost - toldLost) messages about gaps, dropped tokens or failed nodes came too fast and were lost; the statistics "
        + "count these events all the same")
    toldLost = lost
    for node in statistics.nodes where node.hasFailed && !failedNodes.contains(node.name) {
      nodeFailed(node.name, "failed; the message that gives the reason was lost")
    }
  }

  /// Reports once per node that its input is not finite.
  private func tellOfLeftOutScores() {
    for node in schedule?.graphNodes ?? [] where node.runtime.state.leftOut > 0 {
      if told.insert(Self.leftOut + node.name).inserted { log(.warning, node.name, Self.leftOut) }
    }
  }

  private static var leftOut: String {
    "gets input that is not finite: its scores of it are left out; a node before it is at fault"
  }

  private func isTap(_ node: Int32) -> Bool { taps.contains { $0.runtime.number == node } }

  private func name(_ message: RealtimeMessage) -> String {
    message.node >= 0 ? nodeNames[Int(message.node)] : ""
  }

  func nodeFailed(_ node: String, _ reason: String) {
    failedNodes.insert(node)
    services.quarantined(node, reason)
  }

  func log(_ level: LogLevel, _ node: String, _ text: String) { options.log(level, node, text) }
}
