import Foundation
import GraphEngine
import LiveControl
import TestSupport
import Testing
import Training

/// Training next to a graph that runs by hand, until the whole graph continues with the model.
@Suite struct LiveTrainingTaskTests {
  private let ended = Result<Void, any Error>.success(())

  @Test func aRoundIsLearnedAndTheWholeGraphTakesOver() throws {
    let training = try HandTraining()
    #expect(training.task.progress == LearningProgress(stage: .listening, untilLoss: 1e9))
    training.run(until: { training.task.progress?.stage == .takingOver })
    #expect(training.isWritten && training.task.progress?.rounds == 1)
    #expect(!training.task.isOver)
    training.run(until: { training.task.isOver })
    #expect(training.task.progress == nil && !training.isStopped)
    #expect(training.told == ["began 1", "learned 1", "trained", "diagnostics 0", "took over"], "\(training.told)")
    // From now on an end ends the run.
    #expect(training.task.endRequests.end())
    try training.task.finish(after: ended)
    #expect(training.engine.graph.nodes.map(\.name) == ["mic", "stft", "mel", "level", "slices", "judge", "log"])
    training.driver.finish()
    let lines = try String(contentsOfFile: training.folder.path + "/log.jsonl", encoding: .utf8).split(separator: "\n")
    #expect(lines.contains { $0.contains("\"kind\":\"score\"") && $0.contains("\"threshold\":5") }, "\(lines)")
  }

  @Test func roundsGoOnUntilTheMostOfThem() throws {
    let training = try HandTraining {
      $0.training.untilLoss = 1e-9
      $0.training.rounds = 3
      $0.endsTrained = true
    }
    training.run(until: { training.isStopped })
    #expect(training.task.isOver && training.isWritten)
    let rounds = (1...3).flatMap { ["began \($0)", "learned \($0)"] }
    #expect(training.told == rounds + ["loss not reached", "trained"], "\(training.told)")
    try training.task.finish(after: ended)
  }

  @Test func aRequestEndsItWithTheBestSoFar() throws {
    let training = try HandTraining { $0.training.untilLoss = 1e-9 }
    training.run(until: { training.told.contains("learned 1") })
    #expect(!training.task.endRequests.end())
    training.run(until: { training.isStopped })
    #expect(training.isWritten && training.told.suffix(2) == ["ended early", "trained"], "\(training.told)")
    try training.task.finish(after: ended)
  }

  @Test func aSecondRequestWritesNothing() throws {
    let training = try HandTraining { $0.training.untilLoss = 1e-9 }
    training.run(until: { training.told.contains("learned 1") })
    #expect(!training.task.endRequests.end() && !training.task.endRequests.end())
    #expect(training.task.endRequests.hasGivenUp)
    training.run(until: { training.isStopped })
    #expect(throws: Interrupted.self) { try training.task.finish(after: ended) }
    #expect(!training.isWritten)
  }

  @Test func aRunThatEndsFirstWritesNothing() throws {
    struct ServerGone: Error, CustomStringConvertible { let description = "the server is gone" }
    let training = try HandTraining()
    for _ in 0..<5 { training.poll() }
    #expect(throws: LiveRunError.trainingUnfinished(reason: "the server is gone")) {
      try training.task.finish(after: .failure(ServerGone()))
    }
    #expect(!training.isWritten && training.events.isEmpty)
  }

  @Test func silenceIsToldOfOnce() throws {
    let training = try HandTraining()
    for _ in 0..<200 { training.poll(level: 0) }
    #expect(training.told == ["silence"])
    #expect(training.task.progress?.stage == .listening)
  }
}
