import CSndFile
import Glibc
import GraphEngine

/// What an audio sink of the graph plays in a run over files, as a WAV file of float32 samples at the driver's rate.
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
    // RF64 when it outgrows 4 GiB, plain WAV else.
    info.format = Int32(SF_FORMAT_RF64) | Int32(SF_FORMAT_FLOAT)
    guard let file = sf_open(path, Int32(SFM_WRITE), &info) else {
      throw AudioFileError(path: path, text: "cannot be written: \(String(cString: sf_strerror(nil)))")
    }
    self.file = file
    sf_command(file, Int32(SFC_RF64_AUTO_DOWNGRADE), nil, Int32(SF_TRUE))
    sf_command(file, Int32(SFC_SET_ADD_PEAK_CHUNK), nil, Int32(SF_FALSE))
  }

  deinit { sf_close(file) }

  /// Adds the frames that a cycle left in the external outputs.
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
