import GraphEngine

/// Divides live tokens into rounds. For every machine, one after the other: tokens for training; a guard gap, so that
/// no sound is in both; tokens held out for the threshold; another guard gap. Skips tokens beyond a full round, while
/// another machine's round is not full or the training of the round before has not ended.
package struct RoundCollector {
  /// Tokens of each machine in a round: for training, and held out.
  let size: Int
  let heldOut: Int

  /// A round of one machine.
  private struct MachineRound {
    var learned: [TapToken] = []
    var heldOut: [TapToken] = []
    /// Tokens that begin earlier share sound with a token of the round.
    var clear = Int64.min
  }

  private var machines: [MachineRound]

  package init(size: Int, heldOut: Int, channels: Int) {
    self.size = size
    self.heldOut = heldOut
    machines = Array(repeating: MachineRound(), count: channels)
  }

  package mutating func add(_ token: TapToken) {
    guard machines.indices.contains(token.channel) else { return }
    var machine = machines[token.channel]
    if machine.learned.count < size {
      // Training tokens may overlap each other, but not the held-out tokens before.
      guard !machine.learned.isEmpty || token.begin >= machine.clear else { return }
      machine.learned.append(token)
      machine.clear = max(machine.clear, token.end)
    } else if machine.heldOut.count < heldOut {
      guard !machine.heldOut.isEmpty || token.begin >= machine.clear else { return }
      machine.heldOut.append(token)
      machine.clear = max(machine.clear, token.end)
    }
    machines[token.channel] = machine
  }

  package var isFull: Bool { machines.allSatisfy { $0.learned.count == size && $0.heldOut.count == heldOut } }

  /// Tokens of the machine that has fewest, up to a full round.
  package var progress: (done: Int, of: Int) {
    (machines.map { $0.learned.count + $0.heldOut.count }.min() ?? 0, size + heldOut)
  }

  /// The tokens of a round that will not become full. If nothing is held out yet, it holds out the last `share` of the
  /// training tokens.
  package mutating func takeRest(share: Double) -> [(learned: [TapToken], heldOut: [TapToken])] {
    for index in machines.indices where heldOut > 0 && machines[index].heldOut.isEmpty {
      let learned = machines[index].learned
      let count = max(1, Int((Double(learned.count) * share).rounded(.up)))
      guard learned.count > count else { continue }
      machines[index].heldOut = Array(learned.suffix(count))
      let begin = machines[index].heldOut[0].begin
      machines[index].learned = learned.dropLast(count).filter { $0.end <= begin }
    }
    return take()
  }

  /// Returns the round so far, by channel, and begins the next one.
  package mutating func take() -> [(learned: [TapToken], heldOut: [TapToken])] {
    let round = machines.map { ($0.learned, $0.heldOut) }
    for index in machines.indices { (machines[index].learned, machines[index].heldOut) = ([], []) }
    return round
  }
}
