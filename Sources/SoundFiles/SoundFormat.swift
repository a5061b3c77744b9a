import CSndFile

/// How the program and its sinks store stretches of sound.
public enum SoundFormat: String, CaseIterable, Sendable {
  /// 24 bits a sample: exact for sound of 16 or 24 bits. What exceeds full scale clips.
  case flac
  /// 32-bit floats: always exact.
  case wav

  /// The most channels and samples a second that a file can have.
  public var mostChannels: Int { self == .flac ? 8 : 1024 }
  public var highestRate: Int { self == .flac ? 655_350 : Int(Int32.max) }
  public var bits: Int { self == .flac ? 24 : 32 }

  var number: Int32 {
    self == .flac
      ? Int32(SF_FORMAT_FLAC) | Int32(SF_FORMAT_PCM_24) : Int32(SF_FORMAT_WAV) | Int32(SF_FORMAT_FLOAT)
  }

  /// A sample as a 24-bit integer in the upper bits of 32; NaN becomes silence. Full scale is 2^23, as readers have it.
  static func integer(_ sample: Float) -> Int32 {
    if sample.isNaN { return 0 }
    let value = (Double(sample) * 8_388_608).rounded(.toNearestOrEven)
    return Int32(max(-8_388_608, min(8_388_607, value))) << 8
  }
}
