import CSndFile
import CSoundTouch
import FileDriver
import FoundationEssentials
import Glibc
import NodeKit

/// An altered copy of a recording: a temporary file of float32 samples, which `deinit` removes.
package final class AlteredCopy {
  package let path: String
  private static let block = 4096
  /// SoundTouch's limit.
  private static let mostChannels = 16
  private static let greatestRate = 192_000

  /// - Throws: `TrainingError` where the recording can't be read, or the copy written.
  package init(of recording: String, _ alteration: Alteration) throws {
    path = FileManager.default.temporaryDirectory.path + "/auscult-\(getpid())-\(UUID().uuidString).wav"
    do {
      let file = try AudioFile(path: recording)
      guard file.channels <= Self.mostChannels else {
        throw TrainingError(
          "\(recording): has \(file.channels) channels; --augment takes at most \(Self.mostChannels)")
      }
      guard file.rate <= Self.greatestRate else {
        throw TrainingError(
          "\(recording): has \(file.rate) samples a second; --augment takes at most \(Self.greatestRate)")
      }
      let writer = try Writer(path: path, rate: file.rate, channels: file.channels)
      switch alteration {
      case .noise(let deviation, let seed): try Self.addNoise(file, writer, deviation, seed)
      case .pitch(let semitones): try Self.stretch(file, writer, semitones: semitones, pace: 1)
      case .stretch(let pace): try Self.stretch(file, writer, semitones: 0, pace: pace)
      }
    } catch let error as AudioFileError {
      unlink(path)
      throw TrainingError(error.description)
    } catch {
      unlink(path)
      throw error
    }
  }

  deinit { unlink(path) }

  private static func addNoise(_ file: AudioFile, _ writer: Writer, _ deviation: Double, _ seed: UInt64) throws {
    var noise = GaussianNoise(seed: seed)
    var samples = [Float](repeating: 0, count: block * file.channels)
    while true {
      let count = file.read(&samples, frames: block)
      guard count > 0 else { return }
      for index in 0..<(count * file.channels) { samples[index] += Float(deviation * noise.next()) }
      try writer.write(samples, frames: count)
    }
  }

  private static func stretch(_ file: AudioFile, _ writer: Writer, semitones: Double, pace: Double) throws {
    guard let stretcher = soundtouch_make(Int32(file.rate), Int32(file.channels), semitones, pace) else {
      throw TrainingError("\(file.path): there is not enough memory to change its pitch or speed")
    }
    defer { soundtouch_free(stretcher) }
    var samples = [Float](repeating: 0, count: block * file.channels)
    var isOver = false
    while !isOver {
      let count = file.read(&samples, frames: block)
      if count > 0 {
        soundtouch_put(stretcher, samples, Int32(count))
      } else {
        soundtouch_finish(stretcher)
        isOver = true
      }
      while true {
        let made = Int(soundtouch_take(stretcher, &samples, Int32(block)))
        guard made > 0 else { break }
        try writer.write(samples, frames: made)
      }
    }
  }

  /// The file that holds the copy.
  private final class Writer {
    private let path: String
    private let file: OpaquePointer

    init(path: String, rate: Int, channels: Int) throws {
      self.path = path
      var info = SF_INFO()
      info.samplerate = Int32(rate)
      info.channels = Int32(channels)
      info.format = Int32(SF_FORMAT_W64) | Int32(SF_FORMAT_FLOAT)
      guard let file = sf_open(path, Int32(SFM_WRITE), &info) else {
        throw TrainingError("\(path): cannot be written: \(String(cString: sf_strerror(nil)))")
      }
      self.file = file
    }

    deinit { sf_close(file) }

    func write(_ samples: [Float], frames: Int) throws {
      guard sf_writef_float(file, samples, sf_count_t(frames)) == sf_count_t(frames) else {
        throw TrainingError("\(path): cannot be written; make room in the folder for temporary files")
      }
    }
  }
}

/// Normally distributed numbers with mean 0 and deviation 1, reproducible by the seed (Box and Muller).
struct GaussianNoise {
  private var generator: SeededGenerator
  private var spare: Double?

  init(seed: UInt64) { generator = SeededGenerator(seed: seed) }

  mutating func next() -> Double {
    if let spare {
      self.spare = nil
      return spare
    }
    // In (0, 1]: its logarithm is finite.
    let radius = (-2 * log(1 - generator.unit())).squareRoot()
    let angle = 2 * Double.pi * generator.unit()
    spare = radius * sin(angle)
    return radius * cos(angle)
  }
}
