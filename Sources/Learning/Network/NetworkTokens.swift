import NodeKit

/// Training tokens of a network, each with its class, machine and recording. They are scaled where they are needed,
/// a few at a time: scaled copies would take several times their memory.
public struct NetworkTokens {
  /// Not scaled.
  private var tokens: [UnsafePointer<Float>] = []
  private let width: Int
  /// Nil: no scaling.
  private let standardizer: Standardizer?
  /// For scaled tokens.
  private let room = Room()
  /// Empty: no classes.
  public private(set) var classes: [Int32] = []
  public private(set) var machines: [Int32] = []
  public private(set) var recordings: [UInt32] = []
  private var storage: [Values<Float>] = []

  public var count: Int { tokens.count }

  private final class Room {
    var values: Values<Float>?

    func of(_ count: Int) -> UnsafeMutablePointer<Float> {
      if let values, values.count >= count { return values.pointer }
      let values = Values<Float>(count)
      self.values = values
      return values.pointer
    }
  }

  init(width: Int, _ standardizer: Standardizer?) {
    self.width = width
    self.standardizer = standardizer
  }

  /// Examples are valid as long as this object.
  mutating func add(_ examples: Examples) {
    for index in 0..<examples.count {
      tokens.append(examples.row(index))
      machines.append(Int32(examples.machine))
      recordings.append(examples.recordings[index])
      if let labels = examples.labels { classes.append(labels[index]) }
    }
  }

  /// The same for tokens that do not stay valid.
  mutating func add(copiesOf examples: Examples) {
    let place = tokens.count
    add(examples)
    let copies = Values<Float>(examples.count * width)
    storage.append(copies)
    for index in 0..<examples.count {
      let copy = copies.pointer + index * width
      copy.update(from: examples.row(index), count: width)
      tokens[place + index] = UnsafePointer(copy)
    }
  }

  mutating func add(_ other: NetworkTokens) {
    tokens += other.tokens
    classes += other.classes
    machines += other.machines
    recordings += other.recordings
    storage += other.storage
  }

  /// Runs the body on the scaled values of a token [width].
  public func withValues<T>(of index: Int, _ body: (UnsafePointer<Float>) throws -> T) rethrows -> T {
    try body(scaled([index][...])[0])
  }

  /// Pointers to tokens, valid until the next call.
  private func scaled(_ indices: ArraySlice<Int>) -> [UnsafePointer<Float>] {
    guard let standardizer else { return indices.map { tokens[$0] } }
    let first = room.of(indices.count * width)
    return indices.enumerated().map { place, index in
      standardizer.scale(tokens[index], into: first + place * width)
      return UnsafePointer(first + place * width)
    }
  }

  /// The tokens are valid until the next call.
  func batch(_ indices: ArraySlice<Int>) -> Network<Float>.Batch {
    Network<Float>.Batch(
      scaled(indices), classes: classes.isEmpty ? nil : indices.map { classes[$0] },
      machines: indices.map { machines[$0] })
  }

  /// The tokens for training, and those for validation: whole recordings of each machine and class, or, if these are
  /// too few for the share, the end of each. Altered copies of validation recordings are in neither.
  func divided(validation share: Double, _ generator: inout SeededGenerator) -> (train: [Int], validation: [Int]) {
    var isHeld = [Bool](repeating: false, count: tokens.count)
    for group in groups() where share > 0 {
      let names = group.recordings
      let wanted = Int((share * Double(names.count)).rounded())
      if names.count >= 2 && wanted >= 1 {
        let order = generator.permutation(names.count)
        let held = Set(order.prefix(min(wanted, names.count - 1)).map { names[$0] })
        for index in group.tokens where held.contains(recordings[index] & ~Examples.copy) { isHeld[index] = true }
      } else {
        for name in names {
          let own = group.tokens.filter { recordings[$0] == name }
          let end = own.suffix(Int(share * Double(own.count)))
          for index in end { isHeld[index] = true }
          // The part of a copy that holds the recording's end is not known here.
          for index in group.tokens where !end.isEmpty && recordings[index] == name | Examples.copy {
            isHeld[index] = true
          }
        }
      }
    }
    let all = tokens.indices
    let isCopy = { (index: Int) in recordings[index] & Examples.copy != 0 }
    return (all.filter { !isHeld[$0] }, all.filter { isHeld[$0] && !isCopy($0) })
  }

  private struct Group {
    var tokens: [Int] = []
    var recordings: [UInt32] = []
  }

  /// Tokens of each machine and class, and their recordings in order.
  private func groups() -> [Group] {
    var groups: [[Int32]: Group] = [:]
    for index in tokens.indices {
      let key = [machines[index], classes.isEmpty ? 0 : classes[index]]
      groups[key, default: Group()].tokens.append(index)
      let isNew = groups[key]!.recordings.last != recordings[index] && recordings[index] & Examples.copy == 0
      if isNew { groups[key]!.recordings.append(recordings[index]) }
    }
    return groups.keys.sorted { $0.lexicographicallyPrecedes($1) }.map { groups[$0]! }
  }
}
