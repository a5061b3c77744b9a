/// What a run knows of a file before it reads it.
struct FileHeader: Sendable {
  var path: String
  var rate: Int
  var channels: Int
  /// As announced; may be wrong.
  var seconds: Double

  init(_ file: AudioFile) {
    path = file.path
    rate = file.rate
    channels = file.channels
    seconds = Double(file.announcedFrames) / Double(file.rate)
  }

  /// Opens the file again.
  ///
  /// - Throws: an `AudioFileError`, or a `FileRunError` if the file is no longer the same.
  func open() throws -> AudioFile {
    let file = try AudioFile(path: path)
    guard file.rate == rate, file.channels == channels else {
      throw FileRunError(["\(path): was changed during the run"])
    }
    return file
  }
}
