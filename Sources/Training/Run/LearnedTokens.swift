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

  mutating func add(_ values: [Float], label: Int32?, _ place: Place, isCopy: Bool) {
    examples.values += values
    examples.recordings.append(place.recording | (isCopy ? Examples.copy : 0))
    if let label { examples.labels.append(label) }
    places.append(place)
  }

  /// The tokens that the model of a fold is trained on.
  func learned(_ fold: Int, _ folds: Folds) -> TrainingExamples {
    var result = TrainingExamples()
    guard let width = examples.count > 0 ? examples.values.count / examples.count : nil else { return result }
    let kept = places.indices.filter { index in
      let place = places[index]
      return folds.learns(fold, Int(place.recording), begin: Double(place.begin), end: Double(place.end))
    }
    result.values.reserveCapacity(kept.count * width)
    for index in kept {
      result.values += examples.values[index * width..<(index + 1) * width]
      result.recordings.append(examples.recordings[index])
      if !examples.labels.isEmpty { result.labels.append(examples.labels[index]) }
    }
    return result
  }
}
