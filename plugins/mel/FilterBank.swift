import CKernels

/// Overlapping triangular filters: `librosa.filters.mel`, rows kept sparse.
struct FilterBank {
  /// Rows and weights as `kernel_bands` wants them.
  private(set) var bands: [kernel_band] = []
  private(set) var weights: [Float] = []
  /// Hertz of each filter's centre.
  let centers: [Float]
  /// Filters that no bin falls into.
  private(set) var emptyCount = 0
  /// Values that the kernel reads, zeros beyond the spectrum included.
  private(set) var extent: Int

  /// - Parameters:
  ///   - bins: hertz of each bin.
  ///   - points: hertz of the corners, two more than there are bands.
  ///   - isNormalized: Slaney's normalisation, each filter's area about 1.
  init(bins: [Double], points: [Double], isNormalized: Bool) {
    centers = points[1..<(points.count - 1)].map { Float($0) }
    extent = bins.count
    for band in 0..<(points.count - 2) {
      append(FilterBank.row(bins, points[band], points[band + 1], points[band + 2], isNormalized))
    }
  }

  /// Weights of one filter for every bin, rounded to float where librosa rounds.
  private static func row(_ bins: [Double], _ low: Double, _ center: Double, _ high: Double, _ isNormalized: Bool)
    -> [Float]
  {
    bins.map { bin in
      let rising = (bin - low) / (center - low)
      let falling = (high - bin) / (high - center)
      let weight = Float(max(0, min(rising, falling)))
      return isNormalized ? Float(Double(weight) * (2 / (high - low))) : weight
    }
  }

  private mutating func append(_ row: [Float]) {
    let lanes = Int(KERNEL_BAND_LANES)
    guard let first = row.firstIndex(where: { $0 > 0 }), let last = row.lastIndex(where: { $0 > 0 }) else {
      emptyCount += 1
      bands.append(kernel_band(start: 0, blocks: 0, offset: UInt32(weights.count)))
      return
    }
    let blocks = (last - first + lanes) / lanes
    bands.append(kernel_band(start: UInt32(first), blocks: UInt32(blocks), offset: UInt32(weights.count)))
    weights += row[first...last]
    weights += [Float](repeating: 0, count: blocks * lanes - (last - first + 1))
    extent = max(extent, first + blocks * lanes)
  }
}
