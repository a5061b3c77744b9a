import NodeKit

/// How a stream is cut into calls.
enum Cut {
  /// Calls of equal length, in frames.
  case even(Int)
  /// Lengths from 0 to the quantum, short ones as often as long ones.
  case random(UInt64)
  /// Random multiples of 16 frames.
  case aligned(UInt64)

  /// The lengths of the calls, whose sum is `frames`.
  func lengths(_ frames: Int, quantum: Int) -> [Int] {
    var lengths: [Int] = []
    var left = frames
    let next = lengthMaker(quantum)
    while left > 0 {
      let length = min(left, next())
      lengths.append(length)
      left -= length
    }
    return lengths
  }

  private func lengthMaker(_ quantum: Int) -> () -> Int {
    switch self {
    case .even(let length): return { max(1, min(length, quantum)) }
    case .random(let seed):
      var random = SeededGenerator(seed: seed)
      return {
        let most = quantum >> random.index(5)
        return random.index(8) == 0 ? 0 : 1 + random.index(max(1, most))
      }
    case .aligned(let seed):
      var random = SeededGenerator(seed: seed)
      return { 16 * (1 + random.index(max(1, quantum / 16))) }
    }
  }
}
