import OutputFiles
import Records

/// A WAV file that is being written, part after part; its header is kept true while it grows.
///
/// No time of day in it: the same samples give the same bytes.
final class WavFile {
  /// What a WAV file can hold, less room for its header.
  private static let mostBytes = 4_294_900_000

  let file: OutputFile
  private let limit: RotationLimit?
  private var header: WavHeader
  /// Frames in the part, those of an earlier run included.
  private(set) var frames = 0
  private var counted = -1

  init(_ file: OutputFile, limit: RotationLimit?, header: WavHeader) {
    self.file = file
    self.limit = limit
    self.header = header
  }

  var wanted: WavHeader { WavHeader(rate: header.rate, channels: header.channels, encoding: header.encoding) }

  /// Opens the file, and goes on after the samples that it holds; what they can't follow becomes a numbered part.
  func open() throws(FileProblem) {
    try file.open()
    if file.size > 0, let reason = resume() { try file.setAside(reason) }
    if file.size == 0 { try begin() }
  }

  /// Why the file can't be gone on with; nil: it can.
  private func resume() -> String? {
    guard let (found, count) = WavHeader.read(file) else { return "has a damaged header, or more than samples" }
    guard found.isAlike(wanted) else { return "holds \(found.words), and now come \(wanted.words)" }
    header = found
    frames = count
    counted = -1
    // Half a frame at the end, or a byte that fills it up, is none of the samples.
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
      // Half a header would be no file of ours, and samples must not come without one: it is begun anew.
      try? file.cut(to: 0)
      file.close()
      throw error
    }
  }

  /// Adds frames, in as many parts as the limits ask for.
  ///
  /// - Parameter taken: bytes that are in the file afterwards, also after an error.
  func write(_ bytes: UnsafeRawBufferPointer, taken: inout Int) throws(FileProblem) {
    taken = 0
    if !file.isInPlace() {
      file.close()
      try open()
      file.tell("\(file.path) was moved away, cut or removed: goes on with \(frames) frames")
    }
    while taken < bytes.count {
      if frames >= mostFrames { try beginPart() }
      let count = min(bytes.count - taken, (mostFrames - frames) * header.frame)
      file.trim(adding: count)
      var part = 0
      defer { taken += part }
      do throws(FileProblem) {
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[taken..<(taken + count)]), taken: &part)
        frames += part / header.frame
      } catch {
        let whole = part / header.frame
        try? file.cut(to: file.size - (part - whole * header.frame))
        part = whole * header.frame
        frames += whole
        throw error
      }
    }
  }

  private func beginPart() throws(FileProblem) {
    try updateHeader()
    try file.rotate()
    if file.size == 0 { try begin() } else { try open() }
  }

  /// Makes the header tell what is there.
  func updateHeader() throws(FileProblem) {
    guard file.isOpen, counted != frames else { return }
    for count in header.counts(frames: frames) { try file.overwrite(count.bytes, at: count.offset) }
    counted = frames
  }

  /// The most frames of one part; a WAV file ends at 4 GiB whatever was asked for.
  private var mostFrames: Int {
    var bytes = WavFile.mostBytes
    if case .bytes(let most)? = limit { bytes = min(bytes, most - 128) }
    if let most = file.keep?.mostOfPart { bytes = min(bytes, most - 128) }
    var most = max(1, bytes / header.frame)
    if case .seconds(let seconds)? = limit { most = max(1, min(most, Int(min(1e15, seconds * Double(header.rate))))) }
    return most
  }
}
