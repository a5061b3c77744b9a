import Glibc
import TextEscapes

/// The level of a WAV file of floats that `sink.wav` is writing: reads what is new at each call of `look`.
public struct GrowingWav: Sendable {
  public let path: String
  /// The greatest magnitude; 1 is full scale.
  public private(set) var peak: Float = 0
  /// Samples at full scale or above.
  public private(set) var clipped = 0
  public private(set) var samples = 0
  private var squares = 0.0
  /// Offset of the next byte, and descriptor; -1: not open.
  private var next = 0
  private var descriptor: Int32 = -1
  private var inode: UInt64 = 0

  /// From this magnitude on a sample is clipped, as with `source`.
  public static let fullScale: Float = 0.999

  public init(_ path: String) { self.path = path }

  /// dB full scale of all samples so far; nil: silence.
  public var level: Double? { squares > 0 ? 10 * log10(squares / Double(samples)) : nil }
  public var peakLevel: Double? { peak > 0 ? 20 * log10(Double(peak)) : nil }

  /// Reads the samples that are new since the last call.
  public mutating func look() {
    if descriptor >= 0 {
      readSamples()
      var status = stat()
      // The sink has begun the next part: the old one is read to its end.
      guard stat(PathText.bytes(path), &status) != 0 || UInt64(status.st_ino) != inode else { return }
      end()
    }
    descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    var status = stat()
    guard descriptor >= 0, fstat(descriptor, &status) == 0 else { return end() }
    (inode, next) = (UInt64(status.st_ino), 0)
    readSamples()
  }

  public mutating func end() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
  }

  private mutating func readSamples() {
    guard let (begin, size) = samplesPlace() else { return }
    if next == 0 { next = begin }
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while next + 4 <= begin + size {
      let wanted = min(buffer.count, (begin + size - next) / 4 * 4)
      let count = pread(descriptor, &buffer, wanted, off_t(next)) / 4 * 4
      guard count > 0 else { return }
      buffer.withUnsafeBytes { add($0, count: count) }
      next += count
    }
  }

  private mutating func add(_ bytes: UnsafeRawBufferPointer, count: Int) {
    for offset in stride(from: 0, to: count, by: 4) {
      let sample = Float(bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
      guard sample.isFinite else { continue }
      peak = max(peak, abs(sample))
      if abs(sample) >= Self.fullScale { clipped += 1 }
      squares += Double(sample) * Double(sample)
      samples += 1
    }
  }

  /// Offset and bytes of the samples by the header; nil: there are none yet. The sink may still rewrite an empty header.
  private func samplesPlace() -> (begin: Int, size: Int)? {
    var head = [UInt8](repeating: 0, count: 4096)
    let count = pread(descriptor, &head, head.count, 0)
    var offset = 12
    while offset + 8 <= count {
      let size = (0..<4).reduce(0) { $0 | Int(head[offset + 4 + $1]) << (8 * $1) }
      if head[offset..<(offset + 4)].elementsEqual("data".utf8) { return size > 0 ? (offset + 8, size) : nil }
      offset += 8 + size + size % 2
    }
    return nil
  }
}
