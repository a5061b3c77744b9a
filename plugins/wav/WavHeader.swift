import CKernels
import Records

/// How samples are stored in a WAV file.
enum WavEncoding: String, CaseIterable {
  case pcm16, pcm24, float

  /// Bytes of one sample.
  var width: Int {
    switch self {
    case .pcm16: 2
    case .pcm24: 3
    case .float: 4
    }
  }

  /// The number that a header has for it: WAVE_FORMAT_PCM, WAVE_FORMAT_IEEE_FLOAT.
  fileprivate var tag: Int { self == .float ? 3 : 1 }

  /// Writes a channel's samples [count] in the file's encoding, `stride` bytes from one to the next. Integers clip at
  /// full scale; NaN becomes silence.
  func write(
    _ samples: UnsafePointer<Float>, _ count: Int, to bytes: UnsafeMutablePointer<UInt8>, stride: Int
  ) {
    guard self == .float else { return kernel_encode_pcm(bytes, stride, width, samples, count) }
    let to = UnsafeMutableRawPointer(bytes)
    for sample in 0..<count {
      to.storeBytes(of: samples[sample].bitPattern.littleEndian, toByteOffset: sample * stride, as: UInt32.self)
    }
  }
}

/// The contents of a WAV file's header, and their offsets. Chunks after the samples are ignored.
struct WavHeader: Equatable {
  var rate: Int
  var channels: Int
  var encoding: WavEncoding
  /// Offset of the first sample.
  var begin: Int
  /// Nanoseconds since the Unix epoch at the first sample, which a `bext` chunk states; nil: not known.
  var time: Int64?
  /// What the `bext` chunk says of the channels.
  var description = ""
  /// Offset of the number of frames, which headers of float samples repeat.
  private var fact: Int?

  init(rate: Int, channels: Int, encoding: WavEncoding, time: Int64? = nil, description: String = "") {
    self.rate = rate
    self.channels = channels
    self.encoding = encoding
    self.time = time
    self.description = description
    begin = (encoding == .float ? 56 : 44) + (time == nil ? 0 : 8 + BroadcastTime.length)
    fact = encoding == .float ? 44 : nil
  }

  /// Bytes of one frame.
  var frame: Int { encoding.width * channels }

  var words: String { "\(channels) channels at \(rate) Hz as \(encoding.rawValue)" }

  func isAlike(_ other: WavHeader) -> Bool {
    rate == other.rate && channels == other.channels && encoding == other.encoding
  }

  /// The header of a new file.
  var bytes: [UInt8] {
    var bytes = Array("RIFF".utf8) + number(begin - 8, 4) + Array("WAVEfmt ".utf8) + number(16, 4)
    bytes += number(encoding.tag, 2) + number(channels, 2) + number(rate, 4) + number(rate * frame, 4)
    bytes += number(frame, 2) + number(encoding.width * 8, 2)
    if fact != nil { bytes += Array("fact".utf8) + number(4, 4) + number(0, 4) }
    if let time {
      let chunk = BroadcastTime(time, rate: rate).chunk(description: description)
      bytes += Array("bext".utf8) + number(chunk.count, 4) + chunk
    }
    return bytes + Array("data".utf8) + number(0, 4)
  }

  /// The fields that count frames: offsets and bytes.
  func counts(frames: Int) -> [(offset: Int, bytes: [UInt8])] {
    let size = frames * frame
    return [(begin - 4, number(size, 4)), (4, number(begin - 8 + size + size % 2, 4))]
      + (fact.map { [($0, number(frames, 4))] } ?? [])
  }

  private func number(_ value: Int, _ count: Int) -> [UInt8] {
    (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}

extension WavHeader {
  /// The header of an existing file, and the number of frames to continue after; nil: unknown format.
  ///
  /// A killed run has written more than its header says: all of it counts.
  static func read(_ file: OutputFile) -> (header: WavHeader, frames: Int)? {
    var header: WavHeader?
    var fact: Int?
    var bext: [UInt8] = []
    var offset = 12
    while offset + 8 <= file.size, offset < 1 << 20 {
      let chunk = file.read(8, at: offset)
      let size = number(chunk, 4, 4)
      let name = chunk.prefix(4)
      if name.elementsEqual("fmt ".utf8) { header = format(file.read(min(size, 40), at: offset + 8)) }
      if name.elementsEqual("fact".utf8) { fact = offset + 8 }
      if name.elementsEqual("bext".utf8) { bext = file.read(min(size, BroadcastTime.length), at: offset + 8) }
      if name.elementsEqual("data".utf8) {
        guard var header else { return nil }
        header.time = BroadcastTime.time(bext, rate: header.rate)
        header.begin = offset + 8
        header.fact = fact
        return frames(header, announced: size, file).map { (header, $0) }
      }
      offset += 8 + size + size % 2
    }
    return nil
  }

  /// Nil where other chunks follow the samples.
  private static func frames(_ header: WavHeader, announced: Int, _ file: OutputFile) -> Int? {
    let present = file.size - header.begin
    let next = announced + announced % 2
    if next + 8 <= present {
      let chunk = file.read(8, at: header.begin + next)
      if chunk.prefix(4).allSatisfy({ (0x20...0x7e).contains($0) }), next + 8 + number(chunk, 4, 4) <= present {
        return nil
      }
    }
    return present / header.frame
  }

  private static func format(_ bytes: [UInt8]) -> WavHeader? {
    guard bytes.count >= 16 else { return nil }
    var tag = number(bytes, 0, 2)
    if tag == 0xfffe, bytes.count >= 26 { tag = number(bytes, 24, 2) }
    let width = number(bytes, 14, 2)
    let encoding = WavEncoding.allCases.first { $0.tag == tag && $0.width * 8 == width }
    let (channels, rate) = (number(bytes, 2, 2), number(bytes, 4, 4))
    guard let encoding, channels > 0, rate > 0 else { return nil }
    return WavHeader(rate: rate, channels: channels, encoding: encoding)
  }

  private static func number(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
    guard bytes.count >= offset + count else { return 0 }
    return (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
  }
}
