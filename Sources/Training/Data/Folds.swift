import NodeKit
import NumberText

/// The parts of the sound that are held out in turn to set thresholds: whole recordings where a machine has three or
/// more; otherwise stretches of time.
///
/// Up to ten recordings are held out one by one, more in five parts. Classes that learn in epochs take long, so they
/// use three parts. Recordings with the same content, or of one `group` of the manifest, are held out together.
public struct Folds: Sendable {
  /// How the scored sound was chosen.
  public struct Facts: Sendable {
    /// Models that were trained only for the threshold.
    public var count: Int
    /// Machines whose recordings were cut into stretches.
    public var byTime: [String]
  }

  private static let fewestRecordings = 3
  private static let none = -1

  public private(set) var count = 0
  private var byTime: Set<String> = []
  /// For each recording: the fold that holds all of it; nil: it is cut into blocks of time; `none`: it is never held out.
  private var whole: [Int?]
  /// For each recording: the number of blocks of time, and their length.
  private var blocks: [(count: Int, seconds: Double)]
  /// Seconds that a token covers: the least distance between learned and held-out sound.
  private let extent: Double

  public var facts: Facts { Facts(count: count, byTime: byTime.sorted()) }

  /// - Parameters:
  ///   - recordings: the training recordings.
  ///   - lengths: seconds of each that tokens cover.
  ///   - heldOut: share that is held out at a time; nil: see above.
  ///   - isCostly: the detector's training takes long.
  /// - Throws: `TrainingError` where there is too little to hold something out.
  init(
    _ recordings: [Recording], machines: MachineNames, lengths: [Double], extent: Double, heldOut: Double?,
    isCostly: Bool, seed: UInt64
  ) throws {
    self.extent = extent
    whole = recordings.map { $0.isAlwaysLearned ? Self.none : nil }
    blocks = Array(repeating: (1, .infinity), count: recordings.count)
    let groups = try Self.groups(recordings)
    count = Self.count(groups.values.map(\.count).max() ?? 0, heldOut: heldOut, isCostly: isCostly)
    for (key, members) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      if members.count >= Self.fewestRecordings {
        share(members, key, seed)
      } else {
        try cut(members, lengths, key[1].isEmpty ? machines.graph : [key[1]])
      }
    }
  }

  /// By label and machine: the recordings of each group, which stays together.
  private static func groups(_ recordings: [Recording]) throws -> [[String]: [[Int]]] {
    var known: [[String]: [String: Int]] = [:]
    var groups: [[String]: [[Int]]] = [:]
    let order = recordings.indices.filter { !recordings[$0].isAlwaysLearned }.sorted {
      (recordings[$0].path, $0) < (recordings[$1].path, $1)
    }
    for index in order {
      let key = [recordings[index].label, recordings[index].machine ?? ""]
      let name = try recordings[index].groupName()
      if let place = known[key]?[name] {
        groups[key]![place].append(index)
      } else {
        known[key, default: [:]][name] = groups[key]?.count ?? 0
        groups[key, default: []].append([index])
      }
    }
    return groups
  }

  private static func count(_ groups: Int, heldOut: Double?, isCostly: Bool) -> Int {
    if let heldOut { return max(2, Int((1 / heldOut).rounded())) }
    if isCostly { return 3 }
    return (fewestRecordings...10).contains(groups) ? groups : 5
  }

  private mutating func share(_ members: [[Int]], _ key: [String], _ seed: UInt64) {
    var generator = SeededGenerator(seed: seed &+ SplitPlan.hash(key.joined(separator: "\u{1f}")))
    for (place, group) in generator.permutation(members.count).enumerated() {
      for index in members[group] { whole[index] = place % count }
    }
  }

  /// Cuts recordings into blocks of time, at most one for each fold, none shorter than four tokens. If several
  /// recordings are too short for that, each is one block.
  private mutating func cut(_ members: [[Int]], _ lengths: [Double], _ machines: [String]) throws {
    byTime.formUnion(machines)
    let least = 4 * extent
    var most = 1
    for (place, group) in members.enumerated() {
      for index in group {
        blocks[index].count = max(1, min(count, Int(lengths[index] / least)))
        blocks[index].seconds = lengths[index] / Double(blocks[index].count)
        if blocks[index].count == 1 { whole[index] = place % count }
        most = max(most, blocks[index].count)
      }
    }
    guard members.count > 1 || most > 1 else {
      throw TrainingError(
        "machine '\(machines.joined(separator: "', '"))': its recordings are too short to hold out a stretch of one for the "
          + "threshold: give one of at least \(NumberText.rounded(2 * least, 1)) s, or three or more recordings, or set the threshold "
          + "yourself (--threshold)")
    }
  }

  /// The fold whose model scores a token that covers seconds [begin, end) of a recording.
  func fold(_ recording: Int, begin: Double, end: Double) -> Int {
    whole[recording] ?? block(recording, (begin + end) / 2)
  }

  /// Whether the model of a fold may learn from the token.
  func learns(_ fold: Int, _ recording: Int, begin: Double, end: Double) -> Bool {
    if let whole = whole[recording] { return whole != fold }
    // The middle of a token decides its fold, so a fold's tokens reach half a token beyond its block.
    let margin = extent / 2 + 1e-9
    return fold < block(recording, begin - margin) || fold > block(recording, end + margin)
  }

  /// Whether any token of the recording may be in the fold.
  func touches(_ fold: Int, _ recording: Int) -> Bool {
    whole[recording].map { $0 == fold } ?? (fold < blocks[recording].count)
  }

  private func block(_ recording: Int, _ second: Double) -> Int {
    let (count, seconds) = blocks[recording]
    return max(0, min(count - 1, Int((second / max(seconds, 1e-9)).rounded(.down))))
  }
}
