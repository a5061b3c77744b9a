import NodeABI

/// The time of a file's first sample as a `bext` chunk states it (EBU Tech 3285), in UTC.
public struct BroadcastTime: Sendable, Equatable {
  /// Who wrote the chunk.
  public static let originator = "Auscult"

  /// "2026-11-21"
  public var date: String
  /// "09:30:01"
  public var clock: String
  /// Samples since midnight: more exact than the time of day.
  public var reference: UInt64

  /// - Parameters:
  ///   - time: nanoseconds since the Unix epoch.
  ///   - rate: samples a second.
  public init(_ time: Int64, rate: Int) {
    let text = wallTimeText(time)
    date = String(text.prefix(10))
    clock = String(text.dropFirst(11).prefix(8))
    let day: Int64 = 86_400_000_000_000
    let nanoseconds = UInt64(time - floorDivide(time, day) * day)
    let (seconds, rest) = nanoseconds.quotientAndRemainder(dividingBy: 1_000_000_000)
    reference = seconds * UInt64(rate) + (rest * UInt64(rate) + 500_000_000) / 1_000_000_000
  }

  /// Bytes of a chunk's body.
  public static let length = 602

  /// A chunk's body. The description is cut at 256 bytes.
  public func chunk(description: String) -> [UInt8] {
    var body = [UInt8](repeating: 0, count: Self.length)
    let put = { (text: String, range: Range<Int>, body: inout [UInt8]) in
      for (place, byte) in zip(range, text.utf8) { body[place] = byte }
    }
    put(description, 0..<256, &body)
    put(Self.originator, 256..<288, &body)
    put(date, 320..<330, &body)
    put(clock, 330..<338, &body)
    for byte in 0..<8 { body[338 + byte] = UInt8(truncatingIfNeeded: reference >> (8 * UInt64(byte))) }
    body[346] = 1
    return body
  }

  /// The time that a chunk of ours states, in nanoseconds since the Unix epoch; nil: it is none.
  public static func time(_ chunk: [UInt8], rate: Int) -> Int64? {
    guard chunk.count >= 346, rate > 0, chunk[256...].prefix(8).elementsEqual(Array(originator.utf8) + [0]) else {
      return nil
    }
    let date = String(decoding: chunk[320..<330], as: UTF8.self)
    guard let midnight = wallTime("\(date)T00:00:00.000Z".utf8) else { return nil }
    let reference = (0..<8).reduce(UInt64(0)) { $0 | UInt64(chunk[338 + $1]) << (8 * UInt64($1)) }
    let (seconds, rest) = reference.quotientAndRemainder(dividingBy: UInt64(rate))
    guard seconds < 86_401 else { return nil }
    return midnight + Int64(seconds) * 1_000_000_000 + Int64(rest * 1_000_000_000 / UInt64(rate))
  }
}
