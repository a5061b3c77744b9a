import FileDriver
import Glibc
import OutputFiles
import Records
import SoundFiles
import TextEscapes

/// A stretch of sound, cut out of recordings whose times are known.
///
/// Parts that follow each other within half a second are joined without a gap: their headers' times are as exact as the
/// wall clock, their samples follow each other. Where no part has sound, the cut is silent.
public struct TapeCut: Sendable {
  /// Samples of a part, and their place in the cut.
  struct Piece: Sendable, Equatable {
    var part: Int
    /// Samples of the part.
    var range: Range<Int64>
    var place: Int64
  }

  public let parts: [TapePart]
  /// Nanoseconds since the Unix epoch at the first sample.
  public let begin: Int64
  public let rate: Int
  /// Samples of each channel.
  public let frames: Int64
  let pieces: [Piece]

  public var channels: Int { parts[pieces[0].part].channels.count }
  /// Ranges of samples without sound, by what the parts' headers say.
  public var missing: [Range<Int64>] {
    var (missing, next): ([Range<Int64>], Int64) = ([], 0)
    for piece in pieces {
      if piece.place > next { missing.append(next..<piece.place) }
      next = piece.place + Int64(piece.range.count)
    }
    if next < frames { missing.append(next..<frames) }
    return missing
  }

  /// - Parameters:
  ///   - begin: nanoseconds since the Unix epoch, in the years 1800 to 2200.
  ///   - seconds: length, above 0.
  public init(_ parts: [TapePart], from begin: Int64, seconds: Double) throws(FileProblem) {
    let end = time(begin, plus: Int64(min(seconds, 1e9) * 1e9))
    let found = parts.filter { $0.start < end && $0.end > begin && $0.frames > 0 }.sorted {
      ($0.start, $0.path) < ($1.start, $1.path)
    }
    guard let first = found.first else { throw TapeCut.nothing(parts, begin, end) }
    if let other = found.first(where: { $0.rate != first.rate || $0.channels.count != first.channels.count }) {
      throw FileProblem(
        "\(first.path) and \(other.path) differ in rate or channels; cut them one by one, or give --channel")
    }
    self.parts = found
    self.begin = begin
    rate = first.rate
    frames = samples(end - begin, first.rate)
    pieces = TapeCut.pieces(found, begin, frames)
    if pieces.isEmpty { throw TapeCut.nothing(parts, begin, end) }
  }

  private static func pieces(_ parts: [TapePart], _ begin: Int64, _ frames: Int64) -> [Piece] {
    var pieces: [Piece] = []
    var next: Int64?
    for (index, part) in parts.enumerated() {
      var place = samples(time(part.start, plus: -begin), part.rate)
      if let next, abs(place - next) <= Int64(part.rate / 2) { place = next }
      // Sound that two files have is taken from the first.
      let first = max(0, -place, (pieces.last.map { $0.place + Int64($0.range.count) } ?? 0) - place)
      let last = min(part.frames, frames - place)
      next = place + part.frames
      if first < last { pieces.append(Piece(part: index, range: first..<last, place: place + first)) }
    }
    return pieces
  }

  private static func nothing(_ parts: [TapePart], _ begin: Int64, _ end: Int64) -> FileProblem {
    var text = "no file has sound between \(wallTimeText(begin)) and \(wallTimeText(end))"
    if let first = parts.map(\.start).min(), let last = parts.map(\.end).max() {
      text += "; the files reach from \(wallTimeText(first)) to \(wallTimeText(last))"
    }
    return FileProblem(text)
  }

  /// Writes the cut to a new file; a file that exists stays.
  ///
  /// - Returns: the ranges of samples that are silent because no part has them: `missing`, and what parts lack that end
  ///   earlier than their headers say.
  /// - Throws: `FileProblem`, `AudioFileError`
  @discardableResult
  public func write(to path: String, format: SoundFormat, title: String) throws -> [Range<Int64>] {
    guard channels <= format.mostChannels, rate <= format.highestRate else {
      throw FileProblem("a \(format.rawValue) file can't hold \(channels) channels at \(rate) Hz; use .wav")
    }
    let draft = "\(path).draft"
    let descriptor = open(
      PathText.bytes(draft), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK, 0o644)
    guard descriptor >= 0 else { throw FileProblem("open", draft, errno) }
    defer { close(descriptor) }
    do {
      let sound = try SoundWriter(
        descriptor, path: draft, format: format, rate: rate, channels: channels, title: title, time: begin)
      defer { sound.abandon() }
      let silent = try write(sound)
      try sound.finish()
      guard FileIdentity.rename(draft, to: path) else { throw FileProblem("make", path, errno) }
      return silent
    } catch {
      unlink(PathText.bytes(draft))
      throw error
    }
  }

  private func write(_ sound: SoundWriter) throws -> [Range<Int64>] {
    var (silent, next): ([Range<Int64>], Int64) = ([], 0)
    for piece in pieces {
      try silence(next..<piece.place, sound, &silent)
      next = piece.place + (try copy(piece, sound))
    }
    try silence(next..<frames, sound, &silent)
    return silent
  }

  /// Frames that are read and written at a time.
  private static let most = 1 << 14

  private func silence(
    _ range: Range<Int64>, _ sound: SoundWriter, _ silent: inout [Range<Int64>]
  ) throws(FileProblem) {
    guard !range.isEmpty else { return }
    silent.append(range)
    var left = Int64(range.count)
    while left > 0 {
      let count = Int(min(left, Int64(Self.most)))
      try sound.write([Float](repeating: 0, count: count * channels)[...])
      left -= Int64(count)
    }
  }

  /// - Returns: frames copied: less than the piece if the file is damaged, or shorter than its header says.
  private func copy(_ piece: Piece, _ sound: SoundWriter) throws -> Int64 {
    let part = parts[piece.part]
    let file = try AudioFile(path: part.path)
    guard piece.range.lowerBound == 0 || file.seek(to: piece.range.lowerBound) else {
      throw AudioFileError(path: part.path, text: "its format does not allow to begin in the middle; convert it to WAV")
    }
    var buffer = [Float](repeating: 0, count: Self.most * file.channels)
    var left = Int64(piece.range.count)
    while left > 0 {
      let count = file.read(&buffer, frames: Int(min(left, Int64(Self.most))))
      if count == 0 { break }
      var samples: [Float] = []
      samples.reserveCapacity(count * channels)
      for frame in 0..<count {
        for channel in part.channels { samples.append(buffer[frame * file.channels + channel]) }
      }
      try sound.write(samples[...])
      left -= Int64(count)
    }
    return Int64(piece.range.count) - left
  }
}
