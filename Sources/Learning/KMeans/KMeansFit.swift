import CKernels
import NodeKit

/// k-means: k-means++ seeding (Arthur, Vassilvitskii 2007), then Lloyd's iterations, the best of several starts.
///
/// All starts go over the tokens together. A token is compared with the centres only where bounds of its distances
/// leave open which is nearest (Hamerly 2010), first in single precision, and in double precision where that leaves it
/// open, too: the result is that of Lloyd's iterations in double precision, whatever the number of threads.
public struct KMeansFit {
  /// [clusters x columns]
  public private(set) var centers: Matrix
  /// The centre of each token.
  public private(set) var assignment: [Int]
  /// Sum of squared distances to the nearest centre.
  public private(set) var inertia: Double

  /// - Parameters:
  ///   - clusters: at most the number of tokens.
  ///   - threads: nil: all that this thread may use.
  ///   - progress: called with the progress from 0 to 1.
  public init(
    _ tokens: ScaledTokens, clusters: Int, starts count: Int = 10, iterations: Int = 300, threads: Int? = nil,
    generator: inout SeededGenerator, progress: (Double) throws -> Void
  ) throws {
    precondition(clusters >= 1 && clusters <= tokens.count)
    let work = KMeansWork(tokens, clusters: clusters, team: threads.map { Team(threads: $0) } ?? Team())
    let starts = (0..<(clusters == 1 ? 1 : count)).map { _ in KMeansStart(work, &generator) }
    if clusters > 1 {
      try work.seed(starts, progress: { try progress(0.1 * $0) })
      try work.iterate(starts, most: iterations, progress: { try progress(0.1 + 0.9 * $0) })
    }
    let best = work.best(starts)
    centers = Matrix(rows: clusters, columns: tokens.width, best.centers.array)
    assignment = (0..<tokens.count).map { Int(best.assignment[$0]) }
    inertia = best.inertia
  }
}
