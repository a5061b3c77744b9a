import GraphEngine
import LiveControl

extension RunFigures {
  /// The message at the end of a run.
  var summary: String {
    let it = statistics
    let lost = it.gaps == 0 ? "no gap" : "\(Quantity.count(it.gaps, "gap")) (\(it.lostFrames) frames lost)"
    let dropped = it.droppedTokens == 0 ? "nothing dropped" : "\(Quantity.count(it.droppedTokens, "token")) dropped"
    let longest = Quantity.milliseconds(Double(it.cycleTimes.longest) / 1e6)
    let limit = Quantity.milliseconds(Double(driver.period) * 1000 / Double(rate))
    return "'\(name)' ran for \(Quantity.seconds(seconds)): \(it.frames) frames in "
      + "\(Quantity.count(it.cycles, "cycle")), \(lost), \(dropped), \(Quantity.count(it.xruns, "xrun")); longest cycle "
      + "\(longest) of \(limit)"
  }
}
