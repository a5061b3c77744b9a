import CKernels

/// Overlapping triangular filters: `librosa.filters.mel`, rows kept sparse.
struct FilterBank {
  /// Rows and weights in the layout of `kernel_bands`.
  private(set) var bands: [kernel_band] = []
  private(set) var weights: [Float] = []
  /// Hertz of each filter's centre.
  let centers: [Float]
  /// Filters that no bin falls into.
  private(set) var emptyCount = 0
  /// Values that the kernel reads, including the zeros after the spectrum.
  private(set) var extent: Int

  /// - Parameters:
  ///   - bins: hertz of each bin.
  ///   - points: hertz of the corners, two more than there are bands.
  ///   - isNormalized: Slaney's normalisation, each filter's area about 1.
  init(bins: [Double], points: [Double], isNormalized: Bool) {
    centers = points[1..<(points.count - 1)].map { Float($0) }
    extent = bins.count
    for band in 0..<(points.count - 2) {
      // Bins between the filter's ends, and one more on either side: the others have weight 0.
      let first = max(0, FilterBank.count(of: bins, upTo: points[band]) - 1)
      let last = min(bins.count, FilterBank.count(of: bins, upTo: points[band + 2]) + 1)
      append(
        FilterBank.row(bins[first..<last], points[band], points[band + 1], points[band + 2], isNormalized), from: first)
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

  /// - Parameter start: the bin that the row begins with.
  private mutating func append(_ row: [Float], from start: Int) {
    let lanes = Int(KERNEL_BAND_LANES)
    guard let begin = row.firstIndex(where: { $0 > 0 }), let end = row.lastIndex(where: { $0 > 0 }) else {
      emptyCount += 1
      bands.append(kernel_band(start: 0, blocks: 0, offset: UInt32(weights.count)))
      return
    }
    let (first, last) = (start + begin, start + end)
    let blocks = (last - first + lanes) / lanes
    bands.append(kernel_band(start: UInt32(first), blocks: UInt32(blocks), offset: UInt32(weights.count)))
    weights += row[begin...end]
    weights += [Float](repeating: 0, count: blocks * lanes - (last - first + 1))
    extent = max(extent, first + blocks * lanes)
  }
}
