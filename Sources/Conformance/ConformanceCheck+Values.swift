import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let notFinite = ConformanceCheck(
    "not-finite",
    """
    NaN and infinity in the input crash nothing; no score is other than finite; after a gap, clean input gives finite \
    values again.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    let feeder = Feeder(try trial.activeRig(arrangement), arrangement, trial.stimulus(arrangement, .notFinite))
    do {
      try feeder.feed(trial.cut(), isEnd: false)
    } catch let failure as NodeRig.Failure {
      // To fail with a text is an answer.
      if failure.text == NodeRig.Failure.withoutText { trial.find("process fails without a text") }
      return
    }
    for (index, output) in feeder.outputs.enumerated() where output.format.kind == AUSCULT_SCORE && !output.isFinite {
      trial.find("output '\(trial.nodeClass.outputs[index].name)': a score is not finite")
    }
    let clean = Feeder(feeder.rig, arrangement, trial.stimulus(arrangement))
    clean.goOn(from: feeder)
    clean.lose(1000)
    try clean.feed(trial.cut())
    for (index, output) in clean.outputs.enumerated() where !output.isFinite {
      trial.find(
        "output '\(trial.nodeClass.outputs[index].name)': after a gap, clean input still gives values that are not finite"
      )
    }
  }

  static let levels = ConformanceCheck(
    "levels",
    """
    Silence, full scale and denormal numbers give finite values.
    """
  ) { trial in
    let arrangement = try trial.arrangement()
    let contents: [(Stimulus.Content, String)] = [
      (.silence, "silence"), (.fullScale, "full scale"), (.denormal, "denormal numbers"),
    ]
    for (content, name) in contents {
      try trial.step(name) {
        let feeder = try trial.run(arrangement, trial.stimulus(arrangement, content), cut: trial.cut())
        for (index, output) in feeder.outputs.enumerated() where !output.isFinite {
          trial.find("output '\(trial.nodeClass.outputs[index].name)': \(name) gives values that are not finite")
        }
      }
    }
  }
}
