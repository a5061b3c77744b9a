import OutputFiles
import Records

/// A WAV file that is being written, part after part; its header stays correct while it grows.
///
/// Where the wall clock of the sound is known, a `bext` chunk states the time of a part's first sample, by which `auscult
/// cut` finds sound. Otherwise it holds no time of day: the same samples give the same bytes.
final class WavFile {
  /// The most bytes of samples in a WAV file.
  private static let mostBytes = 4_294_900_000

  let file: OutputFile
  private let limit: RotationLimit?
  private var header: WavHeader
  /// Frames in the part, those of an earlier run included.
  private(set) var frames = 0
  private var counted = -1
  /// Nanoseconds since the Unix epoch at the frame that is written so many frames after the last call of `mark`; nil: not
  /// known.
  var timeAhead: (Int) -> Int64? = { _ in nil }
  /// Frames written since then.
  private var ahead = 0
  /// What the headers say of the channels.
  var description = ""
  /// Nanoseconds by which the sound may be later than a part's time says, before the next part begins.
  private static let tolerance: Int64 = 2_000_000_000

  init(_ file: OutputFile, limit: RotationLimit?, header: WavHeader) {
    self.file = file
    self.limit = limit
    self.header = header
  }

  var wanted: WavHeader {
    WavHeader(
      rate: header.rate, channels: header.channels, encoding: header.encoding, time: timeAhead(ahead),
      description: description)
  }

  /// Counts frames for `timeAhead` from here on.
  func mark() { ahead = 0 }

  /// Opens the file, and continues after its samples; a file that can't be continued becomes a numbered part.
  func open() throws(FileProblem) {
    try file.open()
    if file.size > 0, let reason = resume() { try file.setAside(reason) }
    if file.size == 0 { try begin() }
  }

  /// Why the file can't be continued; nil: it can.
  private func resume() -> String? {
    guard let (found, count) = WavHeader.read(file) else { return "has a damaged header, or more than samples" }
    guard found.isAlike(wanted) else { return "holds \(found.words), but the stream has \(wanted.words)" }
    header = found
    frames = count
    counted = -1
    // Half a frame at the end, or a padding byte, is not part of the samples.
    do throws(FileProblem) { try file.cut(to: found.begin + count * found.frame) } catch { return error.description }
    return nil
  }

  private func begin() throws(FileProblem) {
    header = wanted
    frames = 0
    counted = 0
    do throws(FileProblem) {
      try file.write(header.bytes)
    } catch {
      // An incomplete header is not a WAV file, and samples must not precede the header: begin again.
      try? file.cut(to: 0)
      file.close()
      throw error
    }
  }

  /// Adds frames, in as many parts as the limits require.
  ///
  /// - Parameter taken: bytes that were written, also after an error.
  func write(_ bytes: UnsafeRawBufferPointer, taken: inout Int) throws(FileProblem) {
    taken = 0
    if !file.isInPlace() {
      file.close()
      try open()
      file.tell("\(file.path) was moved away, truncated or removed: continues with \(frames) frames")
    }
    try stateTime()
    while taken < bytes.count {
      if frames >= mostFrames { try beginPart() }
      let count = min(bytes.count - taken, (mostFrames - frames) * header.frame)
      file.trim(adding: count)
      var part = 0
      defer { taken += part }
      do throws(FileProblem) {
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[taken..<(taken + count)]), taken: &part)
        frames += part / header.frame
        ahead += part / header.frame
      } catch {
        let whole = part / header.frame
        try? file.cut(to: file.size - (part - whole * header.frame))
        part = whole * header.frame
        frames += whole
        ahead += whole
        throw error
      }
    }
  }

  /// A part's header states the time once that is known, and a part holds no sound of another time: after a restart or
  /// a gap that was left out the next part begins.
  private func stateTime() throws(FileProblem) {
    guard let now = timeAhead(ahead) else { return }
    if frames == 0, header.time == nil, file.size == header.begin {
      try file.cut(to: 0)
      return try begin()
    }
    guard frames > 0, let start = header.time else { return }
    let (seconds, rest) = Int64(frames).quotientAndRemainder(dividingBy: Int64(header.rate))
    let end = start + seconds * 1_000_000_000 + rest * 1_000_000_000 / Int64(header.rate)
    if now - end > Self.tolerance, file.hasParts { try beginPart() }
  }

  private func beginPart() throws(FileProblem) {
    try updateHeader()
    try file.rotate()
    if file.size == 0 { try begin() } else { try open() }
  }

  /// Writes the current counts into the header.
  func updateHeader() throws(FileProblem) {
    guard file.isOpen, counted != frames else { return }
    for count in header.counts(frames: frames) { try file.overwrite(count.bytes, at: count.offset) }
    counted = frames
  }

  /// The most frames of one part; a WAV file ends at 4 GiB in any case.
  private var mostFrames: Int {
    var bytes = WavFile.mostBytes
    if case .bytes(let most)? = limit { bytes = min(bytes, most - 72 - header.begin) }
    if let most = file.keep?.mostOfPart { bytes = min(bytes, most - 72 - header.begin) }
    var most = max(1, bytes / header.frame)
    if case .seconds(let seconds)? = limit { most = max(1, min(most, Int(min(1e15, seconds * Double(header.rate))))) }
    return most
  }
}
