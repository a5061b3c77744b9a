import CNodeABI
import Glibc
import NodeKit
import Records

/// Writes audio to a WAV file.
///
/// Sample k of the file is the stream's sample k: what a gap lost is written as silence (gaps over a minute are left
/// out, and said). One instance writes one file over all input files of a run. The header is true at least once a
/// second.
final class Wav: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.wav", version: "1.0.0", summary: "Writes audio to a WAV file.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .audio, "Samples", flags: .independent)],
      parameters: [
        .outputPath("path", "File to write (.wav)", flags: .required),
        .choice(
          "format", "How samples are stored; the PCM ones clip at full scale", of: ["pcm16", "pcm24", "float"],
          default: "float"),
        .boolean("append", "Adds to a file that exists, instead of replacing it", default: "false"),
        RotationLimit.parameter,
      ])
  }

  /// What a WAV file can hold, less room for its header.
  private static let mostBytes = 4_294_900_000
  private static let longestFill = 60.0

  private let path: String
  private let encoding: WavWriter.Encoding
  private let appends: Bool
  private let limit: RotationLimit?
  private var writer: WavWriter?
  private var part = 0
  private var format: StreamFormat?
  private var rate = 0
  /// Ticks at which the next sample is due, once one came.
  private var due: Int64?
  private var updated = 0
  private var hasFailed = false
  private var interleaved: [Float] = []

  required init(_ arguments: Arguments) throws {
    path = arguments.text("path")
    if OutputFile.isStandardOutput(path) {
      throw NodeError(
        "a WAV file cannot go to standard output: its header is rewritten; give a file", parameter: "path")
    }
    encoding = WavWriter.Encoding(rawValue: arguments.text("format"))!
    appends = arguments.boolean("append")
    limit = try RotationLimit(arguments)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    let (whole, rest) = (Int64(input.driverRate) * input.denominator).quotientAndRemainder(dividingBy: input.period)
    guard rest == 0, whole <= Int64(Int32.max) else {
      throw NodeError(
        "the stream has \(input.rate) samples a second, and a WAV header takes whole numbers only; "
          + "put a `resample` before it"
      )
    }
    if let format, rate != Int(whole) || format.channels != input.channels {
      throw NodeError(
        "\(path) holds \(format.channels) channels at \(rate) Hz, this input gives \(input.channels) at \(whole) Hz; "
          + "run files that differ apart, each with its own `path`")
    }
    rate = Int(whole)
    format = input
    // Interleaved samples of a call, or of a stretch of silence.
    answer.memory = input.channels * max(4096, 2 * setup.quantum) * MemoryLayout<Float>.stride
  }

  override func activate() throws {
    due = nil
    guard let format, writer == nil, !hasFailed else { return }
    writer = try WavWriter(path: path, rate: rate, channels: format.channels, encoding: encoding, append: appends)
  }

  override func work(_ cycle: Cycle) throws {
    if hasFailed { return }
    hasFailed = true
    let block = cycle.input
    if block.count > 0 {
      try fillGap(before: block)
      try write(block)
    }
    if block.isEnd || seconds() > updated {
      writer?.updateHeader()
      updated = seconds()
    }
    hasFailed = false
  }

  override func deactivate() { writer?.updateHeader() }

  private func write(_ block: InputBlock) throws {
    let channels = block.channels
    interleaved.removeAll(keepingCapacity: true)
    interleaved.reserveCapacity(block.count * channels)
    for sample in 0..<block.count {
      for channel in 0..<channels { interleaved.append(block.samples(channel)[sample]) }
    }
    try append(block.count)
  }

  /// Writes silence for the samples between the one that was due and the block's first.
  private func fillGap(before block: InputBlock) throws {
    guard let format else { return }
    let head = block.head(0).pointee
    let first = head.origin + format.offset + head.index * format.period
    defer { due = first + Int64(block.count) * format.period }
    guard let due, first > due else { return }
    let lost = Int((first - due + format.period / 2) / format.period)
    guard Double(lost) <= Self.longestFill * Double(rate) else {
      host.log(
        .warning, "\(path): a gap of \(lost / rate) s is left out: what follows lies that much too early in the file")
      return
    }
    var left = lost
    while left > 0 {
      let count = min(left, 4096)
      interleaved = Array(repeating: 0, count: count * format.channels)
      try append(count)
      left -= count
    }
  }

  /// Writes the first frames of `interleaved`, in as many parts as the limit asks for.
  private func append(_ frames: Int) throws {
    guard let format else { return }
    let most = mostFrames(format.channels)
    var next = 0
    while next < frames {
      if let writer, writer.frames >= most { try beginPart(format.channels) }
      guard let writer else { return }
      let count = min(frames - next, most - writer.frames)
      try interleaved.withUnsafeBufferPointer {
        try writer.write($0.baseAddress! + next * format.channels, frames: count)
      }
      next += count
    }
  }

  /// The most frames of one part; a WAV file ends at 4 GiB whatever was asked for.
  private func mostFrames(_ channels: Int) -> Int {
    let frame = encoding.width * channels
    let most = Self.mostBytes / frame
    return switch limit {
    case nil: most
    case .bytes(let bytes): max(1, min(most, (bytes - 128) / frame))
    case .seconds(let seconds): max(1, Int(min(Double(most), seconds * Double(rate))))
    }
  }

  private func beginPart(_ channels: Int) throws {
    writer = nil  // closes it
    repeat { part += 1 } while access(OutputFile.part(part, of: path), F_OK) == 0
    let name = OutputFile.part(part, of: path)
    guard rename(path, name) == 0 else { throw fileProblem("rename", path, errno) }
    writer = try WavWriter(path: path, rate: rate, channels: channels, encoding: encoding, append: false)
  }

  private func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
