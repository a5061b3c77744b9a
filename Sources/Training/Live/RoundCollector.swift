import GraphEngine

/// Shares out live tokens in rounds. Of every machine, one after the other: tokens to learn from; a guard gap, so that no
/// sound is in both; tokens that are held out for the threshold; a guard gap again. What comes beyond a full round, while
/// another machine's is not full or the one before is still learned, is left out.
package struct RoundCollector {
  /// Tokens of each machine in a round: to learn from, and held out.
  let size: Int
  let heldOut: Int

  /// A round of one machine.
  private struct MachineRound {
    var learned: [TapToken] = []
    var heldOut: [TapToken] = []
    /// Tokens that begin earlier share sound with one that was taken.
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
      // Those to learn from may overlap each other, but not those held out before.
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

  /// Tokens of the machine that has fewest, of those that a round takes.
  package var progress: (done: Int, of: Int) {
    (machines.map { $0.learned.count + $0.heldOut.count }.min() ?? 0, size + heldOut)
  }

  /// What there is of a round that will not become full. Where nothing is held out yet, the last of what was to be learned
  /// from is: `share` of it.
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

  /// The round so far, by channel; the next one begins.
  package mutating func take() -> [(learned: [TapToken], heldOut: [TapToken])] {
    let round = machines.map { ($0.learned, $0.heldOut) }
    for index in machines.indices { (machines[index].learned, machines[index].heldOut) = ([], []) }
    return round
  }
}
