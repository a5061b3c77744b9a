/// What sinks are told, and what they say of their outputs.
extension Engine {
  /// Gives every sink that records such things a notice. It ends at the frame position of the next cycle, or behind what
  /// sinks have written by now.
  ///
  /// Thread: any but realtime.
  ///
  /// - Returns: where it ends.
  @discardableResult
  public func note(_ notice: Notice) -> Int64 { services.notices.post(notice, at: realtime.position) }
}

extension Engine {
  /// Outputs that can't be written now. Thread: any.
  public var blockedOutputs: [BlockedOutput] { services.outages.blocked }

  /// Tokens that outputs could not write, and let go of. Thread: any.
  public var lostByOutputs: Int { services.outages.lost }
}
