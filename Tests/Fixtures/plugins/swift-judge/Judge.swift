import CNodeABI
import CRealtime
import NodeKit

/// Tests build this file again and again, each time with another factor.
private let factor: Float = 1

/// A detector without a memory: the score of a channel is the mean of a token's values, times the factor.
final class Judge: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "test.swift.judge", version: "1.0.0", summary: "Judges without a memory.", realtime: .hard, traits: .detector,
      inputs: [PortDeclaration("in", [.features, .slice], "What is judged")],
      outputs: [PortDeclaration("score", .score, "A score for each token")])
  }

  private var length = 1

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    length = setup.input.rows * setup.input.columns
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.frequencies = []
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    for token in 0..<cycle.input.count {
      for channel in 0..<cycle.input.channels {
        let values = cycle.input.values(token, channel)
        var sum: Float = 0
        for index in 0..<length { sum += values[index] }
        let output = cycle.output.score(token, channel)
        output.pointee = auscult_score()
        output.pointee.class_index = -1
        output.pointee.score = Double(factor * sum) / Double(length)
      }
    }
    cycle.output.count = cycle.input.count
  }
}

private let library = Library(Judge.self)

@_cdecl("auscult_library")
public func auscult_library() -> UnsafePointer<auscult_library_info> { library.info }
