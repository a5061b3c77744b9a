import CKernels

/// Overlapping triangular filters: `librosa.filters.mel`, rows kept sparse.
struct FilterBank {
  /// Rows and weights in the layout of `kernel_bands`.
  private(set) var groups: [kernel_band_group] = []
  private(set) var weights: [Float] = []
  /// Hertz of each filter's centre.
  let centers: [Float]
  /// Filters that no bin falls into.
  let emptyCount: Int
  /// Values that the kernel reads, including the zeros after the spectrum.
  private(set) var extent: Int

  /// - Parameters:
  ///   - bins: hertz of each bin.
  ///   - points: hertz of the corners, two more than there are bands.
  ///   - isNormalized: Slaney's normalisation, each filter's area about 1.
  init(bins: [Double], points: [Double], isNormalized: Bool) {
    centers = points[1..<(points.count - 1)].map { Float($0) }
    extent = bins.count
    var rows: [Row] = []
    for band in 0..<(points.count - 2) {
      // Bins between the filter's ends, and one more on either side: the others have weight 0.
      let first = max(0, FilterBank.count(of: bins, upTo: points[band]) - 1)
      let last = min(bins.count, FilterBank.count(of: bins, upTo: points[band + 2]) + 1)
      rows.append(
        Row(
          FilterBank.row(bins[first..<last], points[band], points[band + 1], points[band + 2], isNormalized),
          from: first
        ))
    }
    emptyCount = rows.count { $0.weights.isEmpty }
    let together = Int(KERNEL_BAND_GROUP)
    for begin in stride(from: 0, to: rows.count, by: together) {
      append(rows[begin..<min(rows.count, begin + together)])
    }
  }

  /// The number of bins, in ascending order, at or below a frequency.
  private static func count(of bins: [Double], upTo hertz: Double) -> Int {
    var (low, high) = (0, bins.count)
    while low < high {
      let middle = (low + high) / 2
      if bins[middle] <= hertz { low = middle + 1 } else { high = middle }
    }
    return low
  }

  /// Weights of one filter for some bins, rounded to float where librosa rounds.
  private static func row(
    _ bins: ArraySlice<Double>, _ low: Double, _ center: Double, _ high: Double, _ isNormalized: Bool
  )
    -> [Float]
  {
    bins.map { bin in
      let rising = (bin - low) / (center - low)
      let falling = (high - bin) / (high - center)
      let weight = Float(max(0, min(rising, falling)))
      return isNormalized ? Float(Double(weight) * (2 / (high - low))) : weight
    }
  }

  /// Adds a group of at most KERNEL_BAND_GROUP rows.
  private mutating func append(_ rows: ArraySlice<Row>) {
    let lanes = Int(KERNEL_BAND_LANES)
    let blocks = rows.map { ($0.weights.count + lanes - 1) / lanes }.max() ?? 0
    let together = Int(KERNEL_BAND_GROUP)
    let offset = weights.count
    weights += [Float](repeating: 0, count: blocks * lanes * together)
    var group = kernel_band_group()
    group.blocks = UInt32(blocks)
    group.offset = UInt32(offset)
    withUnsafeMutableBytes(of: &group.start) { bytes in
      let starts = bytes.bindMemory(to: UInt32.self)
      for (place, row) in rows.enumerated() { starts[place] = UInt32(row.start) }
    }
    for (place, row) in rows.enumerated() {
      for (index, weight) in row.weights.enumerated() {
        weights[offset + (index / lanes * together + place) * lanes + index % lanes] = weight
      }
      extent = max(extent, row.start + blocks * lanes)
    }
    groups.append(group)
  }
}

/// One filter: the weights that are not zero at its ends, and the bin of the first. An empty one begins at bin 0.
private struct Row {
  let start: Int
  let weights: ArraySlice<Float>

  /// - Parameter first: the bin of the first weight.
  init(_ row: [Float], from first: Int) {
    guard let begin = row.firstIndex(where: { $0 > 0 }), let end = row.lastIndex(where: { $0 > 0 }) else {
      (start, weights) = (0, [])
      return
    }
    start = first + begin
    weights = row[begin...end]
  }
}
