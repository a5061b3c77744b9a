import GraphEngine

/// Shares out live tokens in rounds. Of every machine, one after the other: tokens to learn from; a guard gap, so that no
/// sound is in both; tokens that are held out for the threshold; a guard gap again. What comes beyond a full round, while
/// another machine's is not full or the one before is still learned, is left out.
package struct RoundCollector {
  /// Tokens of each machine in a round: to learn from, and held out.
  let size: Int
  let heldOut: Int

  /// A round of one machine.
  private struct Lane {
    var learned: [TapToken] = []
    var heldOut: [TapToken] = []
    /// Tokens that begin earlier share sound with one that was taken.
    var clear = Int64.min
  }

  private var lanes: [Lane]

  package init(size: Int, heldOut: Int, channels: Int) {
    self.size = size
    self.heldOut = heldOut
    lanes = Array(repeating: Lane(), count: channels)
  }

  package mutating func add(_ token: TapToken) {
    guard lanes.indices.contains(token.channel) else { return }
    var lane = lanes[token.channel]
    if lane.learned.count < size {
      // Those to learn from may overlap each other, but not those held out before.
      guard !lane.learned.isEmpty || token.begin >= lane.clear else { return }
      lane.learned.append(token)
      lane.clear = max(lane.clear, token.end)
    } else if lane.heldOut.count < heldOut {
      guard !lane.heldOut.isEmpty || token.begin >= lane.clear else { return }
      lane.heldOut.append(token)
      lane.clear = max(lane.clear, token.end)
    }
    lanes[token.channel] = lane
  }

  package var isFull: Bool { lanes.allSatisfy { $0.learned.count == size && $0.heldOut.count == heldOut } }

  /// Tokens of the machine that has fewest, of those that a round takes.
  package var progress: (done: Int, of: Int) {
    (lanes.map { $0.learned.count + $0.heldOut.count }.min() ?? 0, size + heldOut)
  }

  /// What there is of a round that will not become full. Where nothing is held out yet, the last of what was to be learned
  /// from is: `share` of it.
  package mutating func takeRest(share: Double) -> [(learned: [TapToken], heldOut: [TapToken])] {
    for index in lanes.indices where heldOut > 0 && lanes[index].heldOut.isEmpty {
      let learned = lanes[index].learned
      let count = max(1, Int((Double(learned.count) * share).rounded(.up)))
      guard learned.count > count else { continue }
      lanes[index].heldOut = Array(learned.suffix(count))
      let begin = lanes[index].heldOut[0].begin
      lanes[index].learned = learned.dropLast(count).filter { $0.end <= begin }
    }
    return take()
  }

  /// The round so far, by channel; the next one begins.
  package mutating func take() -> [(learned: [TapToken], heldOut: [TapToken])] {
    let round = lanes.map { ($0.learned, $0.heldOut) }
    for index in lanes.indices { (lanes[index].learned, lanes[index].heldOut) = ([], []) }
    return round
  }
}
