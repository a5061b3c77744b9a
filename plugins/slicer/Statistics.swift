import NodeKit

/// Summarises every band of a slice: mean, standard deviation and so on over its analysis frames.
final class Statistics: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "statistics", version: "1.0.0", summary: "Statistics of every band over the analysis frames of a slice.",
      realtime: .hard, inputs: [PortDeclaration("in", .slice, "Slices")],
      outputs: [PortDeclaration("out", .features, "Values of all bands, one statistic after the other")],
      parameters: [
        .text(
          "of", "One or more, joined by +, in the order of the output: mean, std (population), min, max, median",
          default: "mean")
      ])
  }

  enum Statistic: String, CaseIterable {
    case mean, std, min, max, median
  }

  private let statistics: [Statistic]
  private var rows = 1
  private var columns = 1
  private let memory = NodeMemory()
  /// The data that the realtime thread uses, while active.
  private var work: UnsafeMutablePointer<StatisticsWork>?

  required init(_ arguments: Arguments) throws {
    statistics = try arguments.text("of").split(separator: "+", omittingEmptySubsequences: false).map { part in
      let word = String(part.filter { $0 != " " })
      guard let statistic = Statistic(rawValue: word) else {
        let known = Statistic.allCases.map(\.rawValue).joined(separator: ", ")
        throw NodeError("there is no statistic '\(word)'; use \(known), joined by +", parameter: "of")
      }
      return statistic
    }
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    rows = input.rows
    columns = input.columns
    answer.output.format.kind = .features
    answer.output.format.rows = 1
    answer.output.format.columns = columns * statistics.count
    answer.output.format.frequencies = statistics.flatMap { _ in input.frequencies }
    if statistics.contains(.std) { answer.output.format.scale = .other }
    answer.memory = StatisticsWork.memory(rows: rows, columns: columns)
  }

  override func activate() throws {
    memory.free()
    work = memory.value(StatisticsWork(statistics, rows: rows, columns: columns, memory))
  }

  override func deactivate() {
    work = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    guard let work else { return }
    let input = cycle.input
    let output = cycle.output
    for token in 0..<input.count {
      for channel in 0..<input.channels {
        work.pointee.run(input.values(token, channel), output.values(token, channel))
      }
    }
    output.count = input.count
  }
}
