/// Notices to sinks, and the state of their outputs.
extension Engine {
  /// Gives a notice to every sink that records notices. The notice ends at the frame position of the next cycle, or
  /// after what sinks have already written.
  ///
  /// Thread: any but realtime.
  ///
  /// - Returns: the frame position where the notice ends.
  @discardableResult
  public func note(_ notice: Notice) -> Int64 { services.notices.post(notice, at: realtime.position) }
}

extension Engine {
  /// Outputs that can't be written now. Thread: any.
  public var blockedOutputs: [BlockedOutput] { services.outages.blocked }

  /// What nodes report about themselves in numbers. Thread: any.
  public var figures: [NodeFigure] { services.figures.figures }

  /// Number of tokens that outputs discarded because they could not write them. Thread: any.
  public var lostByOutputs: Int { services.outages.lost }
}
