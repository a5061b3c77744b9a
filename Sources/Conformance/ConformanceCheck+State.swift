import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let state = ConformanceCheck(
    "state",
    """
    state/1: a state that is saved and restored into another instance goes on with the same bits; a state that is cut \
    short or damaged is refused or survived.
    """
  ) { trial in
    guard let table = trial.nodeClass.ability(AUSCULT_STATE)?.assumingMemoryBound(to: auscult_state.self) else {
      throw Trial.Skip("it has no \(AUSCULT_STATE)")
    }
    let arrangement = try trial.arrangement()
    let stimulus = trial.stimulus(arrangement)
    let first = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
    let half = Cut.even(arrangement.quantum).lengths(stimulus.frames / 2, quantum: arrangement.quantum)
    for length in half { try first.feed(length) }
    let bytes = try SavedState.save(table, first.rig)
    let second = Feeder(try trial.activeRig(arrangement), arrangement, stimulus)
    try SavedState.restore(table, second.rig, bytes)
    second.goOn(from: first)
    let before = first.outputs
    try first.feed(.even(arrangement.quantum))
    try second.feed(.even(arrangement.quantum))
    for (index, output) in first.outputs.enumerated()
    where output.after(before[index]) != second.outputs[index].words[...] {
      trial.find(
        "output '\(trial.nodeClass.outputs[index].name)': an instance with a restored state yields something else")
    }
    try trial.damage(bytes, table, arrangement)
  }
}

extension Trial {
  /// Restores damaged states. Only a crash, or a refusal without a text, is a finding.
  fileprivate func damage(
    _ bytes: [UInt8], _ table: UnsafePointer<auscult_state>, _ arrangement: Arrangement
  ) throws {
    var states: [[UInt8]] = [[], Array(bytes.prefix(1)), Array(bytes.dropLast()), bytes + bytes]
    states.append(Array(repeating: 0xff, count: bytes.count))
    for _ in 0..<24 where !bytes.isEmpty {
      var state = bytes
      for _ in 0..<(1 + random.index(8)) { state[random.index(state.count)] = UInt8(random.index(256)) }
      states.append(state)
    }
    begin?("restore of a damaged state")
    for state in states {
      let feeder = Feeder(try activeRig(arrangement), arrangement, stimulus(arrangement))
      do { try SavedState.restore(table, feeder.rig, state) } catch let failure as NodeRig.Failure {
        if failure.text.isEmpty { find("restore refuses a damaged state without a text") }
        continue
      }
      try? feeder.feed(arrangement.quantum)
    }
  }
}

/// A state as bytes.
final class SavedState {
  private var bytes: [UInt8] = []

  static func save(_ table: UnsafePointer<auscult_state>, _ rig: NodeRig) throws -> [UInt8] {
    let state = SavedState()
    var sink = auscult_state_sink(
      size: UInt32(MemoryLayout<auscult_state_sink>.size), context: Unmanaged.passUnretained(state).toOpaque(),
      write: { sink, bytes, count in
        let state = Unmanaged<SavedState>.fromOpaque(sink!.pointee.context).takeUnretainedValue()
        guard count <= 1 << 30 else { return AUSCULT_FAILED }
        state.bytes += UnsafeRawBufferPointer(start: bytes, count: Int(count))
        return AUSCULT_OK
      })
    return try withExtendedLifetime(state) {
      try rig.check { table.pointee.save(rig.instance, &sink, $0) }
      return state.bytes
    }
  }

  static func restore(_ table: UnsafePointer<auscult_state>, _ rig: NodeRig, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { bytes in
      try rig.check { table.pointee.restore(rig.instance, bytes.baseAddress, UInt64(bytes.count), $0) }
    }
  }
}
