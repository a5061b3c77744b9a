import CNodeABI
import Glibc
import NodeKit
import OutputFiles
import Records
import Synchronization

/// Writes audio to a WAV file.
///
/// Sample k of the file is the stream's sample k: silence replaces samples that a gap lost (gaps over a minute are left
/// out, with a message). One instance writes one file over all input files of a run. The header is correct at least
/// once a second. While the file can't be written, samples wait in bounded memory.
final class Wav: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.wav", version: "1.0.0", summary: "Writes audio to a WAV file.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .audio, "Samples", flags: .independent)],
      parameters: [
        .outputPath("path", "File to write (.wav)", flags: .required),
        .choice(
          "format", "Encoding of samples; the PCM encodings clip at full scale",
          of: WavEncoding.allCases.map(\.rawValue),
          default: "float"),
      ] + OutputParameters.all)
  }

  override class var canReopenOutput: Bool { true }

  private static let longestFill = 60.0
  /// The most bytes of waiting samples in memory.
  private static let mostWaiting = 16 << 20
  private static let enough = 1 << 16

  private let file: OutputFile
  private let encoding: WavEncoding
  private let limit: RotationLimit?
  private var wav: WavFile?
  private var format: StreamFormat?
  private var rate = 0
  /// Ticks at which the next sample is due, after the first one.
  private var due: Int64?
  /// Ticks of the first sample that waits.
  private var firstWaiting: Int64?
  private var updated = 0
  private var waiting = WaitingFrames(frame: 1)
  private var outage: Outage
  private var hasFailed = false
  private let mustReopen = Atomic<Bool>(false)

  required init(_ arguments: Arguments) throws {
    let path = arguments.text("path")
    if OutputFile.isStandardOutput(path) {
      throw NodeError(
        "a WAV file cannot go to standard output: its header is rewritten; give a file", parameter: "path")
    }
    encoding = WavEncoding(rawValue: arguments.text("format"))!
    limit = try RotationLimit(arguments)
    let file = OutputFile(
      path: path, kind: .wav, append: arguments.boolean("append"), keep: try KeepLimit(arguments, rotation: limit))
    try NodeError.wording { () throws(FileProblem) in try file.examine() }
    self.file = file
    outage = Outage(arguments.host)
    try super.init(arguments)
    file.tell = { [host] in host.log(.warning, $0) }
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    let (whole, rest) = (Int64(input.driverRate) * input.denominator).quotientAndRemainder(dividingBy: input.period)
    guard rest == 0, whole <= Int64(Int32.max) else {
      throw NodeError(
        "the stream has \(input.rate) samples a second, but a WAV header holds whole numbers only; "
          + "put a `resample` before it"
      )
    }
    if let format, rate != Int(whole) || format.channels != input.channels {
      throw NodeError(
        "\(file.path) holds \(format.channels) channels at \(rate) Hz, this input gives \(input.channels) at \(whole) Hz; run "
          + "such files separately, each with its own `path`")
    }
    rate = Int(whole)
    format = input
    if waiting.isEmpty { waiting = WaitingFrames(frame: encoding.width * input.channels) }
    // Interleaved samples of a call, or of a stretch of silence.
    answer.memory = input.channels * max(4096, 2 * setup.quantum) * MemoryLayout<Float>.stride
  }

  override func activate() throws {
    due = nil
    firstWaiting = nil
    hasFailed = false
    guard let format, wav == nil else { return }
    let wav = WavFile(
      file, limit: limit, header: WavHeader(rate: rate, channels: format.channels, encoding: encoding))
    wav.description = WavDescription.text(format.machines)
    wav.timeAhead = { [unowned self] in time(ahead: $0) }
    do {
      try wav.open()
    } catch {
      guard [ENOSPC, EDQUOT].contains(error.code) else { throw NodeError(error) }
      note(error)
      file.close()
    }
    self.wav = wav
  }

  override func work(_ cycle: Cycle) throws {
    let block = cycle.input
    if block.count > 0 {
      fillGap(before: block)
      add(block)
    }
    do throws(FileProblem) {
      try flush(isPatient: cycle.hasNoDeadline, isLast: block.isEnd)
    } catch {
      hasFailed = true
      throw NodeError(error)
    }
  }

  override func reopen() { mustReopen.store(true, ordering: .relaxed) }

  override func deactivate() {
    if hasFailed { return }
    do throws(FileProblem) {
      try flush(isPatient: true, isLast: true)
    } catch {
      host.log(.error, error.description)
    }
  }

  // MARK: Samples

  private func add(_ block: InputBlock) {
    waiting.add(block, encoding)
    guard waiting.bytes > Self.mostWaiting, outage.isOn else { return }
    // An eighth at once, because the rest is moved.
    if let loss = waiting.letGo(to: Self.mostWaiting * 7 / 8) { outage.record(loss) }
  }

  /// Adds silence for the samples between the one that was due and the block's first.
  private func fillGap(before block: InputBlock) {
    guard let format else { return }
    let first = block.time.beginTicks(block.head(0))
    defer { due = first + Int64(block.count) * format.period }
    guard let due, first > due else { return }
    addSilence(Int((first - due + format.period / 2) / format.period))
  }

  private func addSilence(_ frames: Int) {
    guard Double(frames) <= Self.longestFill * Double(rate) else { return tellLeftOut(frames) }
    waiting.addSilence(frames)
  }

  /// The wall-clock time of a waiting frame, so many frames after the first; nil: not known.
  private func time(ahead: Int) -> Int64? {
    guard let format, let firstWaiting else { return nil }
    return host.wallTime(at: floorDivide(firstWaiting + Int64(ahead) * format.period, format.denominator))
  }

  // MARK: Writing

  /// - Parameters:
  ///   - isPatient: there is no deadline: a failure is final.
  ///   - isLast: no more samples follow: write all that waits.
  private func flush(isPatient: Bool, isLast: Bool) throws(FileProblem) {
    guard let wav else { return }
    let now = seconds()
    if mustReopen.exchange(false, ordering: .relaxed) { file.close() }
    guard isLast || now > updated || waiting.bytes >= Self.enough, outage.isDue || isPatient || isLast else { return }
    updated = now
    do throws(FileProblem) {
      if !file.isOpen {
        file.appends = true
        try wav.open()
      }
      tellLoss()
      firstWaiting = due.map { $0 - Int64(waiting.count) * (format?.period ?? 1) }
      wav.mark()
      try waiting.write { (bytes, taken) throws(FileProblem) in try wav.write(bytes, taken: &taken) }
      try wav.updateHeader()
      outage.end(file.path)
    } catch {
      // Count at least the frames that are in the file.
      try? wav.updateHeader()
      if isLast { throw FileProblem("\(error.description). \(waiting.count) frames are lost", code: error.code) }
      if isPatient { throw error }
      note(error)
    }
  }

  /// Discarded samples become silence in the file, if it is not too long.
  private func tellLoss() {
    let lost = waiting.takeLost()
    guard lost > 0 else { return }
    host.log(
      .error, "\(file.path): \(lost) frames were lost while it could not be written; the file has silence instead")
    let left = waiting.leaveOut(over: Int(Self.longestFill * Double(rate)))
    if left > 0 { tellLeftOut(left) }
  }

  private func tellLeftOut(_ frames: Int) {
    host.log(
      .warning,
      "\(file.path): a gap of \(frames / rate) s is left out: later samples are that much too early in the file")
  }

  private func note(_ problem: FileProblem) {
    outage.fail(problem)
  }

  private func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
