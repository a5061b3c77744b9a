import Models
import NodeKit

/// How recordings are divided between training, thresholds and test.
public struct SplitPlan: Sendable {
  /// Share of the normal recordings that is set aside for testing, from 0 to 1.
  public var test: Double
  /// Share of the rest that is held out for the thresholds.
  public var heldOut: Double
  public var seed: UInt64

  public init(test: Double, heldOut: Double, seed: UInt64) {
    self.test = test
    self.heldOut = heldOut
    self.seed = seed
  }

  /// Gives every recording without a part one: whole recordings, drawn by the seed, separately for each label and
  /// machine. A group that is too small to hold one out is used for training.
  public func divided(_ set: RecordingSet) -> RecordingSet {
    var result = set
    var groups: [[String]: [Int]] = [:]
    for (index, recording) in set.recordings.enumerated() where recording.part == nil {
      groups[[recording.label, recording.machine ?? ""], default: []].append(index)
    }
    for (key, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      var generator = SeededGenerator(seed: seed &+ Self.hash(key.joined(separator: "\u{1f}")))
      let order = members.sorted { set.recordings[$0].path < set.recordings[$1].path }
      let shuffled = generator.permutation(order.count).map { order[$0] }
      let tests = Self.share(test, of: order.count)
      let heldOuts = Self.share(heldOut, of: order.count - tests)
      for (place, index) in shuffled.enumerated() {
        result.recordings[index].part = place < tests ? .test : place < tests + heldOuts ? .validation : .train
      }
    }
    return result
  }

  /// At least one of three or more.
  private static func share(_ share: Double, of count: Int) -> Int {
    guard share > 0, count >= 3 else { return 0 }
    return min(count - 1, max(1, Int((share * Double(count)).rounded())))
  }

  /// FNV-1a, because the standard library's hashes differ from run to run.
  static func hash(_ text: String) -> UInt64 {
    text.utf8.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01b3 }
  }
}

/// Finds recordings that are in both training and test.
public enum LeakCheck {
  /// The same file, or the same sound under two names, in more than one part.
  public static func problems(_ set: RecordingSet) -> [String] {
    var seen: [String: Recording] = [:]
    var problems: [String] = []
    for recording in set.recordings {
      guard let part = recording.part, let digest = try? SoundDigest.of(recording.path) else { continue }
      if let other = seen[digest], let otherPart = other.part {
        if otherPart != part, other.machine == recording.machine {
          let name = other.path == recording.path ? "the same file" : "the same content as \(other.path)"
          let place = recording.place.map { "\($0): " } ?? ""
          problems.append("\(place)\(recording.path) (\(part.rawValue)) is \(name) (\(otherPart.rawValue))")
        }
      } else {
        seen[digest] = recording
      }
    }
    return problems
  }
}
