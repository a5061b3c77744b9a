import CSndFile
import Glibc
import GraphEngine
import OutputFiles
import TextEscapes

/// The output of an audio sink in a run over files: a WAV file of float32 samples at the driver's rate.
final class OutputWav {
  private let path: String
  private let file: OpaquePointer
  /// Indexes of its channels among the engine's external outputs.
  private let outputs: [Int]
  private var interleaved: [Float] = []

  init(path: String, rate: Int, outputs: [Int]) throws(AudioFileError) {
    self.path = path
    self.outputs = outputs
    var info = SF_INFO()
    info.samplerate = Int32(rate)
    info.channels = Int32(outputs.count)
    // RF64 if it exceeds 4 GiB, plain WAV otherwise.
    info.format = Int32(SF_FORMAT_RF64) | Int32(SF_FORMAT_FLOAT)
    let descriptor = try OutputWav.open(path)
    guard let file = sf_open_fd(descriptor, Int32(SFM_WRITE), &info, Int32(SF_TRUE)) else {
      throw AudioFileError(path: path, text: "cannot be written: \(String(cString: sf_strerror(nil)))")
    }
    self.file = file
    sf_command(file, Int32(SFC_RF64_AUTO_DOWNGRADE), nil, Int32(SF_TRUE))
    sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
  }

  deinit { sf_close(file) }

  /// Opens and locks a WAV file, and empties it. Does not change a file of another kind.
  private static func open(_ path: String) throws(AudioFileError) -> Int32 {
    try check(path)
    let descriptor = Glibc.open(PathText.bytes(path), O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o644)
    guard descriptor >= 0 else { throw AudioFileError(path: path, text: FileProblem("open", path, errno).description) }
    var text: String?
    switch FileLock.take(descriptor) {
    case .held(let holder): text = "is being written \(FileLock.words(holder)); give another folder"
    case .taken where FileLock.isRead(descriptor): text = "is being read by a run; give another folder"
    case .taken: if ftruncate(descriptor, 0) != 0 { text = FileProblem("shorten", path, errno).description }
    }
    guard let text else { return descriptor }
    close(descriptor)
    throw AudioFileError(path: path, text: text)
  }

  /// Refuses an existing file that is no WAV file, without opening it for writing.
  static func check(_ path: String) throws(AudioFileError) {
    var status = stat()
    guard stat(PathText.bytes(path), &status) == 0 else { return }
    var head = [UInt8](repeating: 0, count: 4)
    var count = 0
    if status.st_mode & S_IFMT == S_IFREG {
      let descriptor = Glibc.open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if descriptor >= 0 {
        count = read(descriptor, &head, 4)
        close(descriptor)
      }
      if status.st_size == 0 || count == 4 && ["RIFF", "RF64"].contains(String(decoding: head, as: UTF8.self)) {
        return
      }
    }
    throw AudioFileError(path: path, text: "exists and is no WAV file: it is not touched; give another folder")
  }

  /// Appends the frames of a cycle from the external outputs.
  func write(_ buffers: UnsafePointer<UnsafeMutablePointer<Float>?>, frames: Int) throws(AudioFileError) {
    interleaved.removeAll(keepingCapacity: true)
    for frame in 0..<frames {
      for output in outputs { interleaved.append(buffers[output]![frame]) }
    }
    errno = 0
    guard sf_writef_float(file, interleaved, sf_count_t(frames)) == sf_count_t(frames) else {
      let reason = errno == 0 ? sf_strerror(file) : UnsafePointer(strerror(errno))
      throw AudioFileError(path: path, text: "cannot be written: \(String(cString: reason!)); make room on the disk")
    }
  }
}
