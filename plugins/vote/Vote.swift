import NodeKit

/// Turns each score of a classifier into the vote of the last `of` scores of its channel.
///
/// Class and probability are the vote's (see `Ballot`), the score is the mean of the scores that voted; threshold,
/// bands and span are the latest score's. Voting restarts after a gap; until `of` scores have arrived, all that have
/// arrived vote.
final class Vote: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "vote", version: "1.0.0", summary: "Majority vote over the last scores of a classifier.", realtime: .hard,
      inputs: [PortDeclaration("in", .score, "Scores of a classifier")],
      outputs: [PortDeclaration("out", .score, "Scores with the majority's class")],
      parameters: [
        .integer(
          "of", "Number of scores that vote; among classes with equal votes the latest wins", default: "5",
          range: 1...100)
      ])
  }

  private let size: Int
  private var channels = 0
  private let memory = NodeMemory()
  private var ballots: UnsafeMutablePointer<Ballot>?

  required init(_ arguments: Arguments) throws {
    size = arguments.integer("of")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    channels = input.channels
    answer.output.format.frequencies = input.frequencies
    answer.output.format.stampedByNode = true
    // Nodes before this one may hold scores back and deliver them in one call.
    answer.output.burst = 64
    answer.history = input.frames(ticks: Int64(size - 1) * input.period + input.extent)
    answer.reach = answer.history
    answer.memory = channels * Ballot.memory(size)
  }

  override func activate() throws {
    memory.free()
    ballots = memory.array((0..<channels).map { _ in Ballot(size, memory) })
  }

  override func deactivate() {
    ballots = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() {
    for channel in 0..<channels { ballots.unsafelyUnwrapped[channel].restart() }
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let (input, output) = (cycle.input, cycle.output)
    for token in 0..<input.count {
      let head = input.head(token).pointee
      if head.followsGap { reset() }
      for channel in 0..<channels {
        output.score(token, channel).pointee =
          ballots.unsafelyUnwrapped[channel].cast(input.score(token, channel).pointee)
      }
      output.head(token).pointee = head
    }
    output.count = input.count
    if input.isEnd { reset() }
  }
}
