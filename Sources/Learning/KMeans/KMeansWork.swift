import CKernels
import NodeKit

/// The passes of k-means over the tokens, for several starts at once.
///
/// Threads share a pass by chunks of tokens, or by columns where sums are made: each sum adds tokens in their order, on
/// one thread.
final class KMeansWork {
  let tokens: ScaledTokens
  let clusters: Int
  let team: Team
  /// Values of a token, with zeros up to a multiple of the kernels' lanes.
  let paddedWidth: Int
  /// [tokens] squared length of each; set by `seed`.
  let squares: Values<Double>
  /// Of each thread.
  let rooms: [KMeansRoom]

  var width: Int { tokens.width }

  init(_ tokens: ScaledTokens, clusters: Int, team: Team) {
    self.tokens = tokens
    self.clusters = clusters
    self.team = team
    let lanes = Int(KERNEL_LANES)
    paddedWidth = (tokens.width + lanes - 1) / lanes * lanes
    squares = Values(tokens.count)
    // As many as fit into a core's cache; the same on any computer.
    chunkRows = min(256, max(8, (1 << 15) / max(1, tokens.width)))
    let (rows, padded) = (chunkRows, paddedWidth)
    rooms = (0..<team.threads).map { _ in
      KMeansRoom(rows: rows, width: tokens.width, padded: padded, clusters: clusters)
    }
  }

  // MARK: Chunks

  let chunkRows: Int
  var chunks: Int { (tokens.count + chunkRows - 1) / chunkRows }

  func rows(of chunk: Int) -> Range<Int> { (chunk * chunkRows)..<min(tokens.count, (chunk + 1) * chunkRows) }

  /// Calls the body for blocks that together are all columns.
  func forColumns(_ body: (_ columns: Range<Int>, _ room: KMeansRoom) -> Void) {
    let blocks = team.threads
    team.run(blocks) { block, thread in
      let columns = (width * block / blocks)..<(width * (block + 1) / blocks)
      if !columns.isEmpty { body(columns, rooms[thread]) }
    }
  }

  // MARK: Sums

  /// Sums the tokens of each cluster anew.
  func sum(_ starts: [KMeansStart]) {
    for start in starts { start.countTokens(tokens.count) }
    forColumns { columns, room in
      for start in starts { start.clearSums(columns) }
      for row in 0..<tokens.count {
        tokens.read(row, columns, into: room.exact)
        for start in starts { start.add(room.exact, columns, to: Int(start.assignment[row])) }
      }
    }
  }

  /// Corrects the sums by the tokens that changed their cluster.
  func correctSums(_ starts: [KMeansStart]) {
    for start in starts { start.countChanges() }
    forColumns { columns, room in
      for start in starts {
        for change in start.changes.lazy.flatMap(\.all) {
          tokens.read(Int(change.row), columns, into: room.exact)
          start.add(room.exact, columns, to: Int(change.from), sign: -1)
          start.add(room.exact, columns, to: Int(change.to))
        }
      }
    }
  }

  // MARK: The best start

  /// The start with the least inertia, its centres and its inertia computed anew from its tokens: corrected sums carry
  /// rounding. The first of equals.
  func best(_ starts: [KMeansStart]) -> KMeansStart {
    let total = (0..<tokens.count).reduce(0) { $0 + squares.pointer[$1] }
    let least = starts.map { total - $0.explained }.min()!
    // Those that rounding does not separate.
    let close = starts.filter { total - $0.explained <= least + 1e-9 * total }
    sum(close)
    for start in close { start.setMeans() }
    measure(close)
    return close.dropFirst().reduce(close[0]) { $1.inertia < $0.inertia ? $1 : $0 }
  }

  /// Sets the inertia of each.
  private func measure(_ starts: [KMeansStart]) {
    let parts = Values<Double>(chunks * starts.count)
    team.run(chunks) { chunk, thread in
      let room = rooms[thread]
      for row in rows(of: chunk) {
        tokens.read(row, into: room.exact)
        for (index, start) in starts.enumerated() {
          let center = start.centers.pointer + Int(start.assignment[row]) * width
          kernel_distances(room.distances, room.exact, center, 1, width)
          parts.pointer[chunk * starts.count + index] += room.distances[0]
        }
      }
    }
    for (index, start) in starts.enumerated() {
      start.inertia = (0..<chunks).reduce(0) { $0 + parts.pointer[$1 * starts.count + index] }
    }
  }
}

/// The memory of one thread.
final class KMeansRoom {
  /// A token in double precision [width].
  let exact: UnsafeMutablePointer<Double>
  /// Tokens of a chunk in single precision [rows x padded], and whether each was computed.
  let narrow: UnsafeMutablePointer<Float>
  let isRead: UnsafeMutablePointer<Bool>
  /// The rows whose nearest centre is open, and their tokens in `narrow`.
  let open: UnsafeMutablePointer<Int>
  let pointers: UnsafeMutablePointer<UnsafePointer<Float>>
  /// [rows x clusters]
  let products: UnsafeMutablePointer<Float>
  /// [clusters], or one for each start.
  let distances: UnsafeMutablePointer<Double>
  private let memory = NodeMemory()

  init(rows: Int, width: Int, padded: Int, clusters: Int) {
    exact = memory.array(repeating: 0, count: width)
    narrow = memory.array(repeating: 0, count: rows * padded)
    isRead = memory.array(repeating: false, count: rows)
    open = memory.array(repeating: 0, count: rows)
    pointers = memory.array(repeating: UnsafePointer(narrow), count: rows)
    products = memory.array(repeating: 0, count: rows * clusters)
    distances = memory.array(repeating: 0, count: max(clusters, 64))
  }
}
