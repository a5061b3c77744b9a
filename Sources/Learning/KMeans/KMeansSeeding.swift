import CKernels
import CRealtime
import NodeKit

extension KMeansWork {
  /// Chooses the first centres of each start, and assigns the tokens to them.
  func seed(_ starts: [KMeansStart], progress: (Double) throws -> Void) throws {
    let nearest = starts.map { _ in Values<Double>(tokens.count) }
    for (start, nearest) in zip(starts, nearest) {
      nearest.pointer.update(repeating: .infinity, count: tokens.count)
      start.lower.pointer.update(repeating: .infinity, count: tokens.count)
    }
    let newest = Values<Double>(starts.count * width)
    var rows = starts.map { $0.generator.index(tokens.count) }
    for cluster in 0..<clusters {
      try progress(Double(cluster) / Double(clusters))
      for (index, start) in starts.enumerated() {
        tokens.read(rows[index], into: newest.pointer + index * width)
        (start.centers.pointer + cluster * width).update(from: newest.pointer + index * width, count: width)
      }
      compare(starts, cluster, newest, nearest)
      for (index, start) in starts.enumerated() where cluster + 1 < clusters {
        rows[index] = draw(nearest[index], &start.generator)
      }
    }
    for (start, nearest) in zip(starts, nearest) {
      for row in 0..<tokens.count {
        start.upper.pointer[row] = above(realtime_sqrt(nearest.pointer[row]))
        start.lower.pointer[row] = below(realtime_sqrt(Double(start.lower.pointer[row])))
      }
    }
    sum(starts)
  }

  /// Notes which tokens are nearest to a new centre of each start. `lower` holds squares meanwhile.
  private func compare(
    _ starts: [KMeansStart], _ cluster: Int, _ newest: Values<Double>, _ nearest: [Values<Double>]
  ) {
    let rooms = self.rooms.map { room in (room, Values<Double>(starts.count)) }
    team.run(chunks) { chunk, thread in
      let (room, distances) = rooms[thread]
      for row in rows(of: chunk) {
        tokens.read(row, into: room.exact)
        if cluster == 0 { squares.pointer[row] = kernel_dot_double(room.exact, room.exact, width) }
        kernel_distances(distances.pointer, room.exact, newest.pointer, starts.count, width)
        for (index, start) in starts.enumerated() {
          let (squared, least) = (distances.pointer[index], nearest[index].pointer[row])
          if squared < least {
            nearest[index].pointer[row] = squared
            start.assignment[row] = Int32(cluster)
            start.lower.pointer[row] = below(least)
          } else {
            start.lower.pointer[row] = min(start.lower.pointer[row], below(squared))
          }
        }
      }
    }
  }

  /// A token, with a probability in proportion to its squared distance to the nearest centre.
  private func draw(_ nearest: Values<Double>, _ generator: inout SeededGenerator) -> Int {
    let distances = UnsafeBufferPointer(start: nearest.pointer, count: tokens.count)
    var left = generator.unit() * distances.reduce(0, +)
    guard let last = distances.lastIndex(where: { $0 > 0 }) else { return generator.index(tokens.count) }
    for row in 0..<tokens.count {
      left -= distances[row]
      if left < 0 && distances[row] > 0 { return row }
    }
    return last
  }
}
