import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let cut = ConformanceCheck(
    "cut",
    """
    The same input gives the same bits however it is cut into calls.
    """
  ) { trial in
    let (arrangement, stimulus) = try trial.compared()
    let whole = try trial.run(arrangement, stimulus, cut: .even(arrangement.quantum))
    for cut in [Cut.even(1), .even(64), trial.cut(), trial.cut()] {
      if case .even(1) = cut, stimulus.frames > 20000 { continue }
      let other = try trial.run(arrangement, stimulus, cut: cut)
      if let difference = other.outputs.difference(from: whole.outputs, trial.nodeClass) {
        trial.find("cut into \(cut.text), the same input gives something else: \(difference)")
      }
    }
    trial.noteNoTokens(whole)
  }

  static let beside = ConformanceCheck(
    "beside",
    """
    A second instance beside, with other input, changes nothing.
    """
  ) { trial in
    let (arrangement, stimulus) = try trial.compared()
    let alone = try trial.run(arrangement, stimulus, cut: .even(500))
    let one = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
    let other = Feeder(
      try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement, .ordinary, variant: 1))
    while one.position < stimulus.frames {
      let length = min(500, arrangement.quantum, stimulus.frames - one.position)
      let isEnd = one.position + length == stimulus.frames
      try one.feed(length, isEnd: isEnd)
      try other.feed(length, isEnd: isEnd)
    }
    if let difference = one.outputs.difference(from: alone.outputs, trial.nodeClass) {
      trial.find("beside a second instance, the same input gives something else: \(difference)")
    }
  }

  static let reset = ConformanceCheck(
    "reset",
    """
    After a gap and reset, a node whose state reaches back a limited number of frames yields what a fresh one yields.
    """
  ) { trial in
    let (arrangement, stimulus) = try trial.compared()
    let fresh = try trial.run(arrangement, stimulus, cut: .even(700))
    guard fresh.rig.answer.reach != Int64(AUSCULT_UNBOUNDED) else {
      throw Trial.Skip("its state reaches back without limit: it may learn, and keep what it has learned")
    }
    guard !trial.nodeClass.inputs.isEmpty else { throw Trial.Skip("a source has no input to forget") }
    guard arrangement.isJoined else { throw Trial.Skip("its inputs are independent: the host does not reset it") }
    let feeder = Feeder(
      try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement, .ordinary, variant: 2))
    try feeder.feed(stimulus.frames / 3 < arrangement.quantum ? stimulus.frames / 3 : arrangement.quantum - 7)
    let after = Feeder(feeder.rig, arrangement, stimulus)
    after.goOn(from: feeder)
    after.lose(333)
    try after.feed(.even(700))
    if let difference = after.outputs.difference(from: fresh.outputs, trial.nodeClass) {
      trial.find("after a gap and reset it does not yield what a fresh instance yields: \(difference)")
    }
  }
}

extension Trial {
  /// For checks that compare what two runs yield.
  func compared() throws -> (Arrangement, Stimulus) {
    let arrangement = try arrangement()
    guard !nodeClass.outputs.isEmpty else { throw Skip("it has no outputs to compare") }
    return (arrangement, stimulus(arrangement))
  }
}

extension Cut {
  var text: String {
    switch self {
    case .even(let length): "calls of \(length) frames"
    case .random, .aligned: "calls of random lengths"
    }
  }
}
