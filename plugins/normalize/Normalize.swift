import NodeKit

/// Maps values to a common scale: decibel, unit range, or standardised.
final class Normalize: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "normalize", version: "1.0.0", summary: "Maps values to decibel or to a common scale.", realtime: .hard,
      inputs: [PortDeclaration("in", [.features, .slice], "Values")],
      outputs: [
        PortDeclaration("out", [.features, .slice], "Values of the same shape; with keep_level one more column")
      ],
      parameters: NormalizeParameters.declarations)
  }

  private let parameters: NormalizeParameters
  private var plan: Plan?
  private let memory = NodeMemory()
  /// The data that the realtime thread uses, while active.
  private var work: UnsafeMutablePointer<Work>?

  required init(_ arguments: Arguments) throws {
    parameters = try NormalizeParameters(arguments)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let plan = try Plan(parameters, setup.input)
    self.plan = plan
    answer.output.format.scale = plan.scale
    answer.output.format.columns = plan.outputColumns
    answer.output.format.frequencies = plan.frequencies(setup.input.frequencies)
    answer.reach = plan.reach
    answer.memory = plan.memory
  }

  override func activate() throws {
    guard let plan else { throw NodeError("not configured") }
    deactivate()
    work = memory.value(try Work(plan, memory))
  }

  override func deactivate() {
    work = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func reset() { work?.pointee.restart() }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let work else { return }
    let input = cycle.input
    let output = cycle.output
    for token in 0..<input.count {
      for channel in 0..<input.channels {
        work.pointee.normalize(input.values(token, channel), into: output.values(token, channel), channel: channel)
      }
    }
    output.count = input.count
    if input.isEnd { work.pointee.restart() }
  }
}
