import CNodeABI
import NodeKit

/// The last scores of one channel, and what they vote for. All that the realtime thread touches.
///
/// The class with most votes wins; of those with as many, the one whose latest vote is latest. The probability is the mean
/// over the window, votes for other classes counting 0: the least that the mean probability of the class can be.
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
  /// Where the next vote goes: the oldest one's place, once the ring is full.
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

  /// Takes a score, answers with the vote.
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

  /// The latest has the age 0.
  @_noLocks @_noAllocation
  private func paper(_ age: Int) -> Paper { papers[(place + 2 * size - 1 - age) % size] }

  /// Goes from the latest vote back, so that of equals the latest is found first. A class that could not win any more,
  /// for the votes that are left, ends the search.
  @_noLocks @_noAllocation
  private func winner() -> Int32 {
    var (best, most) = (Int32(-1), 0)
    for age in 0..<count {
      if count - age <= most { break }
      let index = paper(age).index
      var votes = 0
      for other in age..<count where paper(other).index == index { votes += 1 }
      // A class that was met before has fewer votes from here on, and does not win.
      if votes > most { (best, most) = (index, votes) }
    }
    return best
  }
}
