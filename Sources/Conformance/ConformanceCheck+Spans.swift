import CNodeABI
import NodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let spans = ConformanceCheck(
    "spans",
    """
    Tokens come as their positions and the declared lookahead say: none begins after what has arrived, none is late, \
    positions do not go back; an impulse leaves an audio output at its position.
    """
  ) { trial in
    let (arrangement, stimulus) = try trial.compared()
    let feeder = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
    var clocks = feeder.rig.outputs.map { OutputClock($0, arrangement) }
    feeder.look = { _, isEnd in
      for index in clocks.indices {
        let name = trial.nodeClass.outputs[index].name
        if let defect = clocks[index].defect(feeder.outputs[index], position: feeder.position, isEnd: isEnd) {
          trial.find("output '\(name)' \(defect)")
        }
      }
    }
    try feeder.feed(trial.cut())
    try trial.findMovedImpulse(arrangement)
  }
}

/// Where the tokens of one output must be.
private struct OutputClock {
  private let format: auscult_format
  /// Driver frames that the node declares to need beyond a token's end.
  private let isRegular: Bool
  private var seen = 0

  init(_ format: auscult_format, _ arrangement: Arrangement) {
    self.format = format
    isRegular = format.stamp == AUSCULT_STAMP_HOST && arrangement.isJoined
  }

  /// After a call up to a position, in frames since the stream began.
  mutating func defect(_ yield: Yield, position: Int, isEnd: Bool) -> String? {
    guard format.kind != AUSCULT_EVENT, format.period > 0 else { return nil }
    let arrived = Int64(position) * format.denominator
    defer { seen = yield.begins.count }
    guard isRegular else { return stamped(yield, arrived: arrived) }
    let last = Int64(yield.count - 1) * format.period + format.offset
    if yield.count > 0, last >= arrived {
      return "yields token \(yield.count - 1), which begins at tick \(last), when only \(arrived) ticks have arrived"
    }
    // At the end, what is cut off may be left out.
    let complete = (Int64(position) - format.lookahead) * format.denominator
    guard !isEnd, complete >= format.offset + format.extent else { return nil }
    let due = Int((complete - format.offset - format.extent) / format.period) + 1
    return yield.count < due
      ? "is late: \(yield.count) of \(due) tokens that its lookahead of \(format.lookahead) frames promises at "
        + "frame \(position)" : nil
  }

  private func stamped(_ yield: Yield, arrived: Int64) -> String? {
    for index in max(1, seen)..<max(1, seen, yield.begins.count) where yield.begins[index] < yield.begins[index - 1] {
      return "goes back: token \(index) begins at tick \(yield.begins[index]), after \(yield.begins[index - 1])"
    }
    guard let last = yield.begins.last, last >= arrived else { return nil }
    return "stamps a token with tick \(last), when only \(arrived) ticks have arrived"
  }
}

extension Trial {
  /// Audio to audio: what an impulse changes begins at its position, or before, because a filter's delay is made up for.
  fileprivate func findMovedImpulse(_ arrangement: Arrangement) throws {
    guard arrangement.inputs.count == 1, arrangement.inputs[0].format.isAudio else { return }
    let silent = try run(arrangement, stimulus(arrangement, .silence), cut: .even(500))
    let struck = try run(arrangement, stimulus(arrangement, .impulse), cut: .even(500))
    for (index, format) in struck.rig.outputs.enumerated() where format.kind == AUSCULT_AUDIO {
      let (a, b) = (silent.outputs[index].words, struck.outputs[index].words)
      guard format.stamp == AUSCULT_STAMP_HOST, !a.isEmpty,
        let first = a.indices.compactMap({ channel in
          zip(a[channel], b[channel]).enumerated().first { $1.0 != $1.1 }?.offset
        })
        .min()
      else { continue }
      let begin = format.offset + Int64(first) * format.period
      let impulse = Int64(Stimulus.impulse) * format.denominator
      if begin > impulse + format.period {
        find(
          "output '\(nodeClass.outputs[index].name)': an impulse at frame \(Stimulus.impulse) first shows at frame "
            + "\(begin / format.denominator): a delay must be made up for in the positions")
      }
    }
  }
}
