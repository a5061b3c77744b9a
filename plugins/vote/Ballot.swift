import CNodeABI
import NodeKit

/// The last scores of one channel, and the result of their vote. The data that the realtime thread uses.
///
/// The class with most votes wins; among equals, the class with the latest vote. The probability is the mean over the
/// window, with 0 for votes for other classes: a lower bound of the class's mean probability.
struct Ballot {
  private struct Paper {
    var index: Int32
    var probability: Float
    var score: Double
  }

  private let size: Int
  /// The last votes, in a ring [size].
  private let papers: UnsafeMutablePointer<Paper>
  private var count = 0
  /// Place of the next vote: the oldest one's, once the ring is full.
  private var place = 0

  /// Thread: control.
  init(_ size: Int, _ memory: NodeMemory) {
    self.size = size
    papers = memory.array(repeating: Paper(index: -1, probability: 0, score: 0), count: size)
  }

  /// Bytes that it holds.
  static func memory(_ size: Int) -> Int { size * MemoryLayout<Paper>.stride }

  @_noLocks @_noAllocation
  mutating func restart() {
    count = 0
    place = 0
  }

  /// Takes a score, returns the vote's result.
  @_noLocks @_noAllocation
  mutating func cast(_ score: auscult_score) -> auscult_score {
    papers[place] = Paper(index: score.class_index, probability: score.probability, score: score.score)
    place = place + 1 == size ? 0 : place + 1
    count = min(count + 1, size)
    var vote = score
    vote.class_index = winner()
    var (sum, probability) = (0.0, 0.0)
    for age in 0..<count {
      let paper = paper(age)
      sum += paper.score
      if paper.index == vote.class_index { probability += Double(paper.probability) }
    }
    vote.score = sum / Double(count)
    vote.probability = Float(probability / Double(count))
    return vote
  }

  /// The latest vote has the age 0.
  @_noLocks @_noAllocation
  private func paper(_ age: Int) -> Paper { papers[(place + 2 * size - 1 - age) % size] }

  /// Goes from the latest vote back, so that among equals it finds the latest first. Stops when too few votes are left
  /// for another class to win.
  @_noLocks @_noAllocation
  private func winner() -> Int32 {
    var (best, most) = (Int32(-1), 0)
    for age in 0..<count {
      if count - age <= most { break }
      let index = paper(age).index
      var votes = 0
      for other in age..<count where paper(other).index == index { votes += 1 }
      // A class that was counted before has fewer votes from here on, and does not win.
      if votes > most { (best, most) = (index, votes) }
    }
    return best
  }
}
