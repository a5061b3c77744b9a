import FileDriver
import JSONText
import TextEscapes

extension RecordingSet {
  /// A recording that was left out, and why.
  public struct LeftOut: Sendable, Equatable {
    public var path: String
    public var reason: String
  }

  /// Leaves out unreadable recordings.
  public mutating func leaveOutUnreadable() {
    recordings.removeAll { recording in
      do throws(AudioFileError) {
        _ = try AudioFile(path: recording.path)
        return false
      } catch {
        leftOut.append(LeftOut(path: recording.path, reason: error.text))
        return true
      }
    }
  }

  /// - Throws: `TrainingError` naming recordings with a stuck sensor, and unreadable ones.
  /// - Parameter channels: the number of channels of the graph.
  static func checkSensors(_ recordings: [Recording], channels: Int, _ callbacks: WorkCallbacks) throws {
    var problems: [String] = []
    var stuck = 0
    for (index, recording) in recordings.enumerated() {
      try callbacks.checkCancelled()
      callbacks.progress(0, "looking at \(index + 1)/\(recordings.count) \(recording.path)")
      let place = recording.place.map { "\($0): " } ?? ""
      do {
        guard let problem = try SensorCheck.problem(recording.path, channels: channels) else { continue }
        stuck += 1
        problems.append("\(place)\(recording.path): its sensor is stuck: \(problem)")
      } catch {
        problems.append("\(place)\(error)")
      }
    }
    guard !problems.isEmpty else { return }
    let rest = problems.count > 20 ? ["... and \(problems.count - 20) more"] : []
    let unreadable = problems.count - stuck
    var advice: [String] = []
    if stuck > 0 {
      advice.append(
        "a stuck sensor gives nothing to learn from: check it, and take "
          + (stuck == 1 ? "this recording out" : "these \(stuck) recordings out"))
    }
    if unreadable > 0, stuck > 0 {
      advice.append(
        "\(unreadable) can't be read: take \(unreadable == 1 ? "it" : "them") out, too"
      )
    }
    throw TrainingError(problems.prefix(20) + rest + advice)
  }
}

extension [RecordingSet.LeftOut] {
  var json: JSONValue { .array(map { ["file": .text(PathText.shown($0.path)), "reason": .text($0.reason)] }) }
}

/// Names for a message: at most `most`.
func listed(_ names: [String]) -> String {
  let most = 20
  return names.prefix(most).joined(separator: ", ") + (names.count > most ? " and \(names.count - most) more" : "")
}
