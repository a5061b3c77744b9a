import CKernels
import CRealtime
import NodeKit

extension KMeansWork {
  /// Lloyd's iterations of each start, until no token changes its cluster. `seed` has made the first assignment.
  func iterate(_ starts: [KMeansStart], most: Int, progress: (Double) throws -> Void) throws {
    var open = starts
    for iteration in 1...max(1, most) where !open.isEmpty {
      let done = Double(starts.count - open.count) + Double(open.count * iteration) / Double(most)
      try progress(done / Double(starts.count))
      if iteration > 1 { correctSums(open) }
      team.run(open.count) { index, _ in open[index].move() }
      guard iteration < most else { return }
      assign(open)
      for start in open { start.isDone = start.changes.allSatisfy(\.all.isEmpty) }
      open = open.filter { !$0.isDone }
    }
  }

  /// Finds the nearest centre of each token.
  private func assign(_ starts: [KMeansStart]) {
    team.run(chunks) { chunk, thread in
      let (room, rows) = (rooms[thread], rows(of: chunk))
      room.isRead.update(repeating: false, count: rows.count)
      for start in starts {
        start.changes[chunk].all.removeAll(keepingCapacity: true)
        let count = openRows(rows, start, room)
        guard count > 0 else { continue }
        kernel_products(room.products, room.pointers, count, start.narrow.pointer, clusters, paddedWidth)
        for index in 0..<count { judge(room.open[index], room.products + index * clusters, start, chunk, room) }
      }
    }
  }

  /// Moves the bounds by what the centres moved; collects the tokens whose nearest centre they leave open.
  private func openRows(_ rows: Range<Int>, _ start: KMeansStart, _ room: KMeansRoom) -> Int {
    let (upper, lower, assignment) = (start.upper.pointer, start.lower.pointer, start.assignment)
    var count = 0
    start.drifts.withUnsafeBufferPointer { drifts in
      start.otherDrifts.withUnsafeBufferPointer { others in
        start.radii.withUnsafeBufferPointer { radii in
          for row in rows {
            let cluster = Int(assignment[row])
            // Rounded outwards.
            upper[row] = (upper[row] + drifts[cluster]) * (1 + 0x1p-22)
            lower[row] = (lower[row] - others[cluster]) * (1 - 0x1p-22)
            guard upper[row] >= max(lower[row], radii[cluster]) else { continue }
            room.open[count] = row
            let place = row - rows.lowerBound
            let values = room.narrow + place * paddedWidth
            room.pointers[count] = UnsafePointer(values)
            if !room.isRead[place] {
              tokens.read(row, into: values)
              room.isRead[place] = true
            }
            count += 1
          }
        }
      }
    }
    return count
  }

  /// Assigns a token, and sets its bounds.
  ///
  /// - Parameter products: of the token and each centre, in single precision.
  private func judge(
    _ row: Int, _ products: UnsafePointer<Float>, _ start: KMeansStart, _ chunk: Int, _ room: KMeansRoom
  ) {
    let square = squares.pointer[row]
    for cluster in 0..<clusters {
      room.distances[cluster] = square - 2 * Double(products[cluster]) + start.squares[cluster]
    }
    var found = twoLeast(room.distances)
    // A sum of n products in single precision is wrong by at most n 2^-24 |a| |b|; so are rounded values, by 2^-24 each.
    let lengths = realtime_sqrt(square) * start.greatestLength
    let error =
      2 * lengths * Double(paddedWidth / Int(KERNEL_LANES) + 16) * 0x1p-24
      + (square + start.greatestLength * start.greatestLength) * 0x1p-40
    var most = realtime_sqrt(max(0, found.least + error))
    var least = realtime_sqrt(max(0, found.second - error))
    if !(above(most) < below(least)) {
      tokens.read(row, into: room.exact)
      kernel_distances(room.distances, room.exact, start.centers.pointer, clusters, width)
      found = twoLeast(room.distances)
      (most, least) = (realtime_sqrt(found.least), realtime_sqrt(found.second))
    }
    start.upper.pointer[row] = above(most)
    start.lower.pointer[row] = below(least)
    let old = start.assignment[row]
    guard found.cluster != Int(old) else { return }
    start.assignment[row] = Int32(found.cluster)
    start.changes[chunk].all.append(KMeansStart.Change(row: Int32(row), from: old, to: Int32(found.cluster)))
  }

  /// The first of the least, and the least of the others.
  private func twoLeast(_ distances: UnsafePointer<Double>) -> (cluster: Int, least: Double, second: Double) {
    var (cluster, least, second) = (0, Double.infinity, Double.infinity)
    for index in 0..<clusters {
      if distances[index] < least {
        (cluster, least, second) = (index, distances[index], least)
      } else if distances[index] < second {
        second = distances[index]
      }
    }
    return (cluster, least, second)
  }
}
