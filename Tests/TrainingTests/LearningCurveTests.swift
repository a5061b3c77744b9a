import DetectorHost
import GraphEngine
import JSONText
import Testing
import Training

/// The stored part of a curve of any length.
@Suite struct LearningCurveTests {
  private func epoch(_ number: Int, loss: Double?, validation: Double? = nil) -> TrainingEpoch {
    TrainingEpoch(
      machine: nil, number: number, last: 100_000, loss: loss, validationLoss: validation, accuracy: nil,
      validationAccuracy: nil)
  }

  @Test func theBestIsTheFirstOfTheLeast() {
    var curve = LearningCurve(machine: "fan")
    #expect(curve.best == nil)
    for (number, loss) in [3.0, 1, 2, 1].enumerated() { curve.append(epoch(number + 1, loss: loss)) }
    #expect(curve.best?.number == 2)
    // A validation loss takes precedence over the training loss.
    curve.append(epoch(5, loss: 0.5, validation: 7))
    curve.append(epoch(6, loss: 0.1))
    #expect(curve.best?.number == 5)
    curve.append(epoch(7, loss: nil))
    #expect(curve.best?.number == 5)
  }

  /// Whether more epochs would have helped.
  @Test func aLossThatStillFalls() {
    func falls(_ losses: [Double], last: Int? = nil, validation: [Double]? = nil) -> Bool {
      var curve = LearningCurve(machine: nil)
      for (index, loss) in losses.enumerated() {
        curve.append(
          TrainingEpoch(
            machine: nil, number: index + 1, last: last ?? losses.count, loss: loss,
            validationLoss: validation?[index], accuracy: nil, validationAccuracy: nil))
      }
      return curve.stillFalls
    }
    #expect(falls([8, 7, 6, 5, 4, 3, 2, 1]))
    #expect(!falls([8, 4, 2, 1, 1, 1, 1, 0.99]))
    #expect(!falls([1, 2, 3, 4, 5, 6, 7, 8]))
    // Ended before its last epoch, by patience or by the user.
    #expect(!falls([8, 7, 6, 5, 4, 3, 2, 1], last: 50))
    // The validation loss decides.
    #expect(!falls([8, 7, 6, 5, 4, 3, 2, 1], validation: [8, 7, 6, 5, 5, 5, 5, 5]))
    #expect(!falls([]) && !falls([2]) && falls([2, 1]))
  }

  @Test func aLongCurveIsThinned() throws {
    var curve = LearningCurve(machine: "fan")
    for number in 1...100_000 { curve.append(epoch(number, loss: number == 777 ? 0.5 : 1 + 1 / Double(number))) }
    curve.endedEarly = 100_000
    #expect(curve.epochs.count <= LearningCurve.most && curve.epochs.count > LearningCurve.most / 4)
    #expect(curve.epochs.last?.number == 100_000 && curve.best?.number == 777)
    #expect(curve.epochs.contains { $0.number == 777 })
    let numbers = curve.epochs.map(\.number)
    #expect(numbers == numbers.sorted())
    let again = try #require(LearningCurve(try JSONValue(parsing: curve.json.json)))
    #expect(again == curve)
    #expect(LearningCurve(["epochs": "many"]) == nil)
  }
}
