import CRealtime

/// A scale of perceived pitch, on which the bands are spaced evenly.
enum MelScale: String, CaseIterable {
  /// Slaney's Auditory Toolbox: linear below 1 kHz, logarithmic above. librosa's default.
  case slaney
  /// The Hidden Markov Toolkit: 2595 log10(1 + f / 700).
  case htk

  private static let hertzPerMel = 200.0 / 3
  private static let edge = 1000.0
  private static let edgeMel = edge / hertzPerMel
  private static let logStep = realtime_log(6.4) / 27

  func mel(hertz: Double) -> Double {
    switch self {
    case .htk: 2595 * realtime_log10(1 + hertz / 700)
    case .slaney:
      hertz >= Self.edge
        ? Self.edgeMel + realtime_log(hertz / Self.edge) / Self.logStep : hertz / Self.hertzPerMel
    }
  }

  func hertz(mel: Double) -> Double {
    switch self {
    case .htk: 700 * (realtime_pow(10, mel / 2595) - 1)
    case .slaney:
      mel >= Self.edgeMel ? Self.edge * realtime_exp(Self.logStep * (mel - Self.edgeMel)) : Self.hertzPerMel * mel
    }
  }

  /// `count` frequencies, evenly spaced in mel from `low` to `high` hertz: `librosa.mel_frequencies`.
  func frequencies(count: Int, from low: Double, to high: Double) -> [Double] {
    let first = mel(hertz: low)
    let last = mel(hertz: high)
    let step = (last - first) / Double(count - 1)
    return (0..<count).map { hertz(mel: $0 == count - 1 ? last : first + Double($0) * step) }
  }
}
