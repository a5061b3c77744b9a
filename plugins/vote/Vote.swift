import NodeKit

/// Turns each score of a classifier into one that the last `of` scores of its channel have voted on.
///
/// Class and probability are the vote's (see `Ballot`), the score is the mean of the scores that voted; threshold, bands
/// and span stay those of the latest. After a gap voting starts anew; until `of` scores have come, those that have come
/// vote.
final class Vote: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "vote", version: "1.0.0", summary: "Class that most of the last scores have.", realtime: .hard,
      inputs: [PortDeclaration("in", .score, "Scores of a classifier")],
      outputs: [PortDeclaration("out", .score, "The same, by majority")],
      parameters: [
        .integer(
          "of", "How many scores vote; of classes with as many votes the latest wins", default: "5", range: 1...100)
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
    // What the nodes before hold back comes on top of the scores of a call.
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
