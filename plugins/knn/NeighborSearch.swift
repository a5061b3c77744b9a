import CKernels
import CRealtime
import Learning

/// Finds the references that are nearest to a token. Allocates memory only in `init`.
struct NeighborSearch {
  let neighbors: Int
  /// The least quotients of distance and density that `run` found, ascending, and their references [neighbors].
  let least: UnsafeMutablePointer<Double>
  let nearest: UnsafeMutablePointer<Int>
  private let references: UnsafePointer<Float>
  private let densities: UnsafePointer<Double>
  private let count: Int
  private let width: Int
  private let narrow: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - values: references [count x width].
  ///   - densities: what each distance is divided by [count].
  init(_ values: [Float], width: Int, densities: [Double], neighbors: Int, _ memory: ScorerMemory) {
    count = densities.count
    self.width = width
    self.neighbors = min(neighbors, count)
    references = memory.keep(values)
    self.densities = memory.keep(densities)
    narrow = memory.room(width, of: 0)
    least = memory.room(neighbors, of: 0)
    nearest = memory.room(neighbors, of: 0)
  }

  /// Among equals the first reference comes first.
  @_noLocks @_noAllocation
  func run(_ row: UnsafePointer<Double>) {
    kernel_narrow(narrow, row, width)
    let (most, least, nearest) = (neighbors, self.least, self.nearest)
    var found = 0
    for index in 0..<count {
      let quotient =
        realtime_sqrt(kernel_squared_distance(narrow, references + index * width, width)) / densities[index]
      guard found < most || quotient < least[found - 1] else { continue }
      var place = found < most ? found : found - 1
      while place > 0 && least[place - 1] > quotient {
        least[place] = least[place - 1]
        nearest[place] = nearest[place - 1]
        place -= 1
      }
      least[place] = quotient
      nearest[place] = index
      found = found < most ? found + 1 : found
    }
  }

  /// What each value adds to the squared distance to the nearest reference, after `run`.
  @_noLocks @_noAllocation
  func parts(_ row: UnsafePointer<Double>, into parts: UnsafeMutablePointer<Double>) {
    let reference = references + nearest[0] * width
    for index in 0..<width {
      let difference = row[index] - Double(reference[index])
      parts[index] = difference * difference
    }
  }
}
