import CSndFile
import FileDriver
import Foundation
import TestSupport
import Testing

/// All samples of a file [channel][frame], read in blocks.
func readAll(_ file: AudioFile, block: Int = 1000) -> [[Float]] {
  var channels: [[Float]] = Array(repeating: [], count: file.channels)
  let buffer = UnsafeMutablePointer<Float>.allocate(capacity: block * file.channels)
  defer { buffer.deallocate() }
  while true {
    let count = file.read(buffer, frames: block)
    if count == 0 { return channels }
    for frame in 0..<count {
      for channel in 0..<file.channels { channels[channel].append(buffer[frame * file.channels + channel]) }
    }
  }
}

/// A format in which libsndfile stores sound, and the precision of a round trip.
struct SoundForm: Sendable, CustomTestStringConvertible {
  var container: Int
  var subtype: Int
  var name: String
  /// Greatest difference; nil: only the number of frames is compared (lossy codecs).
  var tolerance: Float?
  var testDescription: String { name }

  static let all = [
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_PCM_U8, "u8.wav", 1 / 128),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_PCM_16, "s16.wav", 1 / 32768),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_PCM_24, "s24.wav", 1 / 8_388_608),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_PCM_32, "s32.wav", 1e-7),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_FLOAT, "f32.wav", 0),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_DOUBLE, "f64.wav", 0),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_ULAW, "ulaw.wav", 0.05),
    SoundForm(SF_FORMAT_WAV, SF_FORMAT_ALAW, "alaw.wav", 0.05),
    SoundForm(SF_FORMAT_WAVEX, SF_FORMAT_PCM_24, "extensible.wav", 1 / 8_388_608),
    SoundForm(SF_FORMAT_RF64, SF_FORMAT_FLOAT, "rf64.wav", 0),
    SoundForm(SF_FORMAT_W64, SF_FORMAT_FLOAT, "a.w64", 0),
    SoundForm(SF_FORMAT_AIFF, SF_FORMAT_PCM_16, "a.aiff", 1 / 32768),
    SoundForm(SF_FORMAT_AIFF, SF_FORMAT_FLOAT, "f32.aiff", 0),
    SoundForm(SF_FORMAT_FLAC, SF_FORMAT_PCM_16, "s16.flac", 1 / 32768),
    SoundForm(SF_FORMAT_FLAC, SF_FORMAT_PCM_24, "s24.flac", 1 / 8_388_608),
    SoundForm(SF_FORMAT_OGG, SF_FORMAT_VORBIS, "vorbis.ogg", nil),
    SoundForm(SF_FORMAT_AU, SF_FORMAT_PCM_16, "a.au", 1 / 32768),
    SoundForm(SF_FORMAT_CAF, SF_FORMAT_FLOAT, "a.caf", 0),
  ]

  private init(_ container: Int, _ subtype: Int, _ name: String, _ tolerance: Float?) {
    self.container = container
    self.subtype = subtype
    self.name = name
    self.tolerance = tolerance
  }
}

@Suite struct AudioFileTests {
  @Test(arguments: SoundForm.all, [(8000, 1), (44100, 2), (96000, 5)])
  func everyFormIsRead(_ form: SoundForm, _ sound: (rate: Int, channels: Int)) throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let samples = random.noise(channels: sound.channels, frames: 5000)
    let path = try scratch.write(
      form.name, samples, rate: sound.rate, format: form.container, subtype: form.subtype)
    let file = try AudioFile(path: path)
    #expect(file.rate == sound.rate && file.channels == sound.channels && file.announcedFrames == 5000)
    let read = readAll(file)
    #expect(read.map(\.count) == samples.map(\.count))
    #expect(file.framesRead == 5000 && file.warnings.isEmpty)
    guard let tolerance = form.tolerance else { return }
    let difference = zip(read.joined(), samples.joined()).map { abs($0 - $1) }.max()!
    #expect(difference <= tolerance, "seed \(random.seed)")
  }

  @Test(arguments: [1, 11025, 22050, 192_000, 768_000]) func everyRateIsRead(_ rate: Int) throws {
    let scratch = ScratchFolder()
    #expect(try AudioFile(path: try scratch.write("a.wav", [[0, 1]], rate: rate)).rate == rate)
  }

  @Test(arguments: [1, 2, 64, 1024]) func everyNumberOfChannelsIsRead(_ count: Int) throws {
    let scratch = ScratchFolder()
    let samples = (0..<count).map { [Float($0), -Float($0)] }
    let path = try scratch.write("a.wav", samples)
    #expect(readAll(try AudioFile(path: path)) == samples)
  }

  @Test func nameMeansNothing() throws {
    let scratch = ScratchFolder()
    let samples: [[Float]] = [[0.5, -0.25]]
    for name in ["flac.wav", "-dash.wav", "ñandú – 录音 .mp3", "none", "a.raw"] {
      let path = try scratch.write(
        name, samples, format: Int(SF_FORMAT_AIFF), subtype: Int(SF_FORMAT_FLOAT))
      #expect(readAll(try AudioFile(path: path)) == samples)
    }
  }

  @Test func emptySoundIsSaid() throws {
    let scratch = ScratchFolder()
    let file = try AudioFile(path: try scratch.write("a.wav", riff([pcm(), ("data", [], nil)])))
    #expect(readAll(file) == [[]])
    #expect(file.warnings == ["holds no samples; if it should, its recorder did not finish the header"])
  }

  @Test func shortDataIsReadAndSaid() throws {
    let scratch = ScratchFolder()
    let bytes = riff([pcm(), ("data", [UInt8](repeating: 1, count: 101), 3000)])
    let file = try AudioFile(path: try scratch.write("a.wav", bytes))
    #expect(readAll(file)[0].count == 50)
    #expect(file.warnings == ["is cut short: its header announces 3000 bytes of samples; the present 101 are used"])
  }

  /// A recorder that writes to a pipe cannot know the length.
  @Test func unknownLengthIsNoDamage() throws {
    let scratch = ScratchFolder()
    let bytes = riff([pcm(), ("data", [UInt8](repeating: 1, count: 100), UInt32.max)])
    let file = try AudioFile(path: try scratch.write("a.wav", bytes))
    #expect(readAll(file)[0].count == 50)
    #expect(file.warnings == [])
  }

  @Test func damagedDataEndsThere() throws {
    var random = SeededRandom.fresh()
    let scratch = ScratchFolder()
    let path = try scratch.write(
      "a.flac", random.noise(frames: 60000), format: Int(SF_FORMAT_FLAC), subtype: Int(SF_FORMAT_PCM_16))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let file = try AudioFile(path: try scratch.write("cut.flac", Array(bytes.prefix(bytes.count / 2))))
    let count = readAll(file)[0].count
    #expect(count > 10000 && count < 40000)
    #expect(file.warnings.count == 1)
    #expect(file.warnings[0].hasPrefix("the data is damaged after frame \(count) of 60000 ("))
  }

  /// The announced length is 4 GiB; memory must not follow it.
  @Test func announcedLengthCostsNothing() throws {
    let scratch = ScratchFolder()
    let bytes = riff([pcm(channels: 2), ("data", [UInt8](repeating: 1, count: 64), 0xffff_fff0)])
    let path = try scratch.write("a.wav", bytes)
    let before = try virtualMemory()
    let file = try AudioFile(path: path)
    #expect(readAll(file).map(\.count) == [16, 16])
    #expect(try virtualMemory() - before < 512 << 20)
  }

  private func virtualMemory() throws -> Int {
    let pages = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).prefix { $0 != " " }
    return try #require(Int(pages)) * Int(getpagesize())
  }
}

@Suite struct AudioFileRefusalTests {
  private static let data: (name: String, body: [UInt8], size: UInt32?) = (
    "data", [UInt8](repeating: 1, count: 100), nil
  )

  @Test(arguments: [
    ([], "is empty (0 bytes)"),
    (
      Array("file,label\na.wav,normal\n".utf8),
      "cannot be read as audio (Format not recognised); it takes WAV, FLAC, AIFF, Ogg, W64, RF64 and MP3"
    ),
    (
      riff([]),
      "its header is broken (Error in WAV file. No 'data' chunk marker); repair it, or convert it with sox or ffmpeg"
    ),
    (
      riff([pcm()]),
      "its header is broken (Error in WAV file. No 'data' chunk marker); repair it, or convert it with sox or ffmpeg"
    ),
    (riff([pcm(channels: 0), data]), "its header says 0 channels; repair the file or record it again"),
    (
      riff([pcm(rate: 0), data]),
      "its header is broken (Internal error : SF_INFO struct incomplete); repair it, or convert it with sox or ffmpeg"
    ),
    (
      riff([pcm(rate: 2_000_000_000), data]),
      "its header says 2000000000 frames per second; 1 to 16000000 can be read"
    ),
    (
      riff([pcm(channels: 1025), data]),
      "cannot be read as audio (Too many channels specified); it takes WAV, FLAC, AIFF, Ogg, W64, RF64 and MP3"
    ),
  ])
  func fileThatIsNoSoundIsRefused(_ bytes: [UInt8], _ text: String) throws {
    let scratch = ScratchFolder()
    let path = try scratch.write("a.wav", bytes)
    #expect(throws: AudioFileError(path: path, text: text)) { try AudioFile(path: path) }
  }

  @Test func pathThatIsNoFileIsRefused() throws {
    let scratch = ScratchFolder()
    #expect(
      throws: AudioFileError(path: scratch.path, text: "is a folder; give the files in it, as in \(scratch.path)/*.wav")
    ) {
      try AudioFile(path: scratch.path)
    }
    #expect(throws: AudioFileError(path: "/dev/zero", text: "is a device or a pipe; only files on a disk can be read"))
    {
      try AudioFile(path: "/dev/zero")
    }
    let missing = scratch.file("a.wav")
    #expect(throws: AudioFileError(path: missing, text: "No such file or directory; check the path")) {
      try AudioFile(path: missing)
    }
  }

  /// Headers with single bytes changed, and files cut anywhere: read or refused, never a crash.
  @Test func mutatedFilesDoNoHarm() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    let noise = random.noise(channels: 2, frames: 2000)
    for form in SoundForm.all {
      let path = try scratch.write(form.name, noise, format: form.container, subtype: form.subtype)
      let good = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
      for _ in 0..<30 {
        var bytes = good
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          bytes[Int.random(in: 0..<min(200, bytes.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        guard let file = try? AudioFile(path: try scratch.write("mutated", bytes)) else { continue }
        let frames = readAll(file, block: 64).first?.count ?? 0
        #expect(Int64(frames) == file.framesRead, "seed \(random.seed)")
      }
    }
  }
}

@Suite(.enabled(if: sharedData != nil, "needs the folder shared/data beside the repository")) struct SharedDataTests {
  /// Every malformed or unusual file is refused with a message, or read, as its manifest says.
  @Test func badFilesAreAsTheManifestSays() throws {
    let folder = try #require(sharedData) + "/bad"
    let rows = table(try String(contentsOfFile: folder + "/manifest.csv", encoding: .utf8))
    #expect(rows.count == 84)
    for row in rows {
      let name = try #require(row["file"])
      do {
        let file = try AudioFile(path: folder + "/" + name)
        let samples = readAll(file)
        #expect(row["expect"] != "reject", "\(name) was read")
        #expect(samples.count == file.channels)
        if row["expect"] == "read" {
          #expect(!samples[0].isEmpty && file.warnings.isEmpty, "\(name): \(file.warnings)")
        }
      } catch {
        #expect(row["expect"] == "reject" || row["expect"] == "either", "\(error)")
        #expect(!error.text.isEmpty && error.path.hasSuffix(name))
      }
    }
  }

  @Test func everyFormatIsRead() throws {
    let folder = try #require(sharedData) + "/formats"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
      let file = try AudioFile(path: folder + "/" + name)
      #expect(name.contains("_\(file.rate)."), "\(name)")
      #expect(!readAll(file)[0].isEmpty && file.warnings.isEmpty, "\(name)")
    }
  }
}
