import DetectorHost
import GraphEngine
import NodeKit

/// The training tokens of one machine, and where their sound lies.
struct LearnedTokens {
  /// Seconds [begin, end) of a recording.
  struct Place {
    var recording: UInt32
    var begin: Float
    var end: Float
  }

  private(set) var examples = TrainingExamples()
  private var places: [Place] = []

  mutating func add(_ token: TokenView, label: Int32?, _ place: Place, isCopy: Bool) {
    examples.add(token, recording: place.recording | (isCopy ? Examples.copy : 0), label: label)
    places.append(place)
  }

  /// The tokens that the model of a fold is trained on.
  func learned(_ fold: Int, _ folds: Folds) -> TrainingExamples {
    examples.chosen(
      places.indices.filter { index in
        let place = places[index]
        return folds.learns(fold, Int(place.recording), begin: Double(place.begin), end: Double(place.end))
      })
  }
}
