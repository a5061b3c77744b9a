import CRealtime

/// The window shapes. All are periodic, as spectral analysis requires: `scipy.signal.get_window`.
enum WindowShape: String, CaseIterable {
  case hann, hamming, blackman, blackmanharris, nuttall, flattop, bartlett, rectangular

  /// The window's `length` values. Source of the cosine sums: `scipy.signal.windows`.
  func values(length: Int) -> [Double] {
    switch self {
    case .rectangular: return [Double](repeating: 1, count: length)
    case .bartlett: return (0..<length).map { 1 - abs(2 * Double($0) / Double(length) - 1) }
    case .hann: return cosineSum([0.5, 0.5], length)
    case .hamming: return cosineSum([0.54, 0.46], length)
    case .blackman: return cosineSum([0.42, 0.5, 0.08], length)
    case .blackmanharris: return cosineSum([0.35875, 0.48829, 0.14128, 0.01168], length)
    case .nuttall: return cosineSum([0.3635819, 0.4891775, 0.1365995, 0.0106411], length)
    case .flattop: return cosineSum([0.21557895, 0.41663158, 0.277263158, 0.083578947, 0.006947368], length)
    }
  }

  private func cosineSum(_ terms: [Double], _ length: Int) -> [Double] {
    (0..<length).map { index in
      let angle = 2 * Double.pi * Double(index) / Double(length) - Double.pi
      return terms.enumerated().reduce(0) { $0 + $1.element * realtime_cos(Double($1.offset) * angle) }
    }
  }
}
