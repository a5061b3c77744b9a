import CNodeABI
import Glibc
import NodeKit
import OutputFiles
import Records
import Synchronization

/// Writes any stream but events as a NumPy array: (tokens, values...) for one channel, (tokens, channels, values...)
/// for more. Audio is (samples,), spectra complex64 (tokens, bins), features (tokens, bands), slices (tokens, rows,
/// bands), scores float64 (tokens,).
///
/// The file is readable at any moment, also after a crash: its header gives the number of tokens, and is rewritten
/// after the data, at least once a second. One instance writes one array over all input files of a run with an index of
/// them (`FileIndex`), or one array for each. While the file can't be written, tokens wait in bounded memory.
final class NumPy: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.npy", version: "1.1.0", summary: "Writes a stream as a NumPy array.", realtime: .offload, traits: .sink,
      inputs: [
        PortDeclaration("in", [.audio, .spectrum, .features, .slice, .score], "The stream", flags: .independent)
      ],
      parameters: [
        .outputPath("path", "File to write (.npy)", flags: .required),
        .boolean(
          "each", "One array for each input file: `features.npy` becomes `features/FILE.npy`", default: "false"),
      ] + OutputParameters.all)
  }

  override class var canReopenOutput: Bool { true }

  private var file: OutputFile
  private let path: String
  private let isEach: Bool
  private let appends: Bool
  private let keep: KeepLimit?
  private let limit: RotationLimit?
  private var header: ArrayHeader?
  private var layout: TokenLayout?
  /// Tokens in the file.
  private var tokens = 0
  /// The current input file, and the place of its first token in the array.
  private var current: (name: String, first: Int)?
  /// Paths of the arrays, with `each`.
  private var paths: ArrayPaths
  /// This run has written a file into the index.
  private var hasIndexed = false
  private var tokensPerSecond = 1.0
  /// Tokens that wait.
  private var buffer: [UInt8] = []
  private var flushed = 0
  private var waiting = WaitingTokens()
  /// Tokens that were discarded since the last message about it.
  private var lost = 0
  private var outage: Outage
  private var hasFailed = false
  private let mustReopen = Atomic<Bool>(false)
  private static let bufferSize = 1 << 18
  /// The most bytes of waiting tokens.
  private static let mostWaiting = 16 << 20

  required init(_ arguments: Arguments) throws {
    let path = arguments.text("path")
    if OutputFile.isStandardOutput(path) {
      throw NodeError("an array cannot go to standard output: its header is rewritten; give a file", parameter: "path")
    }
    limit = try RotationLimit(arguments)
    self.path = path
    paths = ArrayPaths(of: path)
    isEach = arguments.boolean("each")
    appends = arguments.boolean("append")
    keep = try KeepLimit(arguments, rotation: limit)
    let file = OutputFile(path: path, kind: .numPy, append: appends, keep: keep)
    if !isEach { try NodeError.wording { () throws(FileProblem) in try file.examine() } }
    self.file = file
    outage = Outage(arguments.host)
    try super.init(arguments)
    file.tell = { [host] in host.log(.warning, $0) }
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let new = try ArrayHeader(setup.input)
    if let header, header != new, !isEach {
      throw NodeError(
        "\(file.path) holds \(header.type) tokens of shape \(header.token), this input gives \(new.type) tokens "
          + "of shape \(new.token); run such files separately, each with its own `path`")
    }
    if header != nil, tokensPerSecond != setup.input.rate, !isEach {
      host.log(
        .warning, "the token rate of \(file.path) changes from \(tokensPerSecond) to \(setup.input.rate) a second")
    }
    header = new
    layout = TokenLayout(setup.input, new)
    tokensPerSecond = setup.input.rate
    answer.memory = Self.bufferSize + new.stride
  }

  override func activate() throws {
    guard let header else { return }
    hasFailed = false
    buffer.reserveCapacity(Self.bufferSize)
    // With one array for each file, its name is known when its first block arrives.
    if file.isOpen || isEach { return }
    do throws(FileProblem) {
      try open(header)
    } catch {
      guard [ENOSPC, EDQUOT].contains(error.code) else { throw NodeError(error) }
      note(error)
      file.close()
    }
  }

  /// Opens the file, and continues the array that it holds; another array becomes a numbered part.
  private func open(_ header: ArrayHeader) throws(FileProblem) {
    try file.open()
    if file.size > 0 { try resume(header) }
    if file.size == 0 { try begin(header) }
  }

  private func begin(_ header: ArrayHeader) throws(FileProblem) {
    tokens = 0
    do throws(FileProblem) {
      try file.write(header.bytes(tokens: 0))
    } catch {
      // An incomplete header is not an array, and tokens must not precede the header: begin again.
      try? file.cut(to: 0)
      file.close()
      throw error
    }
  }

  /// Removes what a crash left after the counted tokens.
  private func resume(_ header: ArrayHeader) throws(FileProblem) {
    guard let held = header.tokens(in: file.read(ArrayHeader.length, at: 0)),
      ArrayHeader.length + held * header.stride <= file.size
    else {
      return try file.setAside(
        "is not an array of \(header.type) tokens of shape \(header.token) that can be continued")
    }
    tokens = held
    try file.cut(to: ArrayHeader.length + held * header.stride)
  }

  override func work(_ cycle: Cycle) throws {
    guard let header, let layout else { return }
    let block = cycle.input
    let isPatient = cycle.hasNoDeadline
    var next = 0
    do throws(FileProblem) {
      try beginFile(header)
      while next < block.count {
        let count = min(block.count - next, max(1, (Self.bufferSize - buffer.count) / header.stride))
        layout.append(block, tokens: next..<(next + count), to: &buffer)
        waiting.add(block, next..<(next + count))
        next += count
        if buffer.count >= Self.bufferSize - header.stride { try flush(header, isPatient: isPatient) }
      }
      if block.isEnd || seconds() > flushed { try flush(header, isPatient: isPatient, isLast: block.isEnd) }
      if block.isEnd { try endFile() }
    } catch {
      hasFailed = true
      throw NodeError(error)
    }
    letGo(header)
  }

  override func reopen() { mustReopen.store(true, ordering: .relaxed) }

  override func deactivate() {
    guard let header, !hasFailed else { return }
    do throws(FileProblem) {
      try flush(header, isPatient: true, isLast: true)
      try endFile()
    } catch {
      host.log(.error, error.description)
    }
  }

  // MARK: Input files

  private func beginFile(_ header: ArrayHeader) throws(FileProblem) {
    guard current == nil else { return }
    let name = host.file
    if isEach, !file.isOpen {
      if let name {
        file = OutputFile(path: paths.next(for: name), kind: .numPy, append: appends, keep: keep)
        file.tell = { [host] in host.log(.warning, $0) }
      }
      try open(header)
    }
    current = name.map { ($0, tokens + buffer.count / header.stride) }
  }

  private func endFile() throws(FileProblem) {
    guard let current else { return }
    self.current = nil
    defer { if isEach { file.close() } }
    // With parts, places in the array are not stable.
    guard limit == nil, keep == nil else { return }
    let folder = path.lastIndex(of: "/").map { path[...$0].count } ?? 0
    let index = FileIndex(of: path)
    try index.add(
      file: current.name, array: String(file.path.dropFirst(folder)), tokens: current.first..<tokens,
      rate: tokensPerSecond, continues: hasIndexed || isEach && appends || current.first > 0, replaces: !appends
    ) { [host] in host.log(.warning, $0) }
    hasIndexed = true
  }

  private func letGo(_ header: ArrayHeader) {
    guard buffer.count > Self.mostWaiting else { return }
    // An eighth at once, because the rest is moved.
    let over = max(1, (buffer.count - Self.mostWaiting * 7 / 8) / header.stride)
    buffer.removeFirst(over * header.stride)
    waiting.letGo(over)
    if let loss = waiting.takeLoss() { outage.record(loss) }
    lost += over
  }

  // MARK: Writing

  /// - Parameters:
  ///   - isPatient: there is no deadline: a failure is final.
  ///   - isLast: no more tokens follow.
  private func flush(_ header: ArrayHeader, isPatient: Bool, isLast: Bool = false) throws(FileProblem) {
    flushed = seconds()
    if mustReopen.exchange(false, ordering: .relaxed) { file.close() }
    guard outage.isDue || isPatient || isLast, file.isOpen || !buffer.isEmpty else { return }
    do throws(FileProblem) {
      if !file.isInPlace() { try openAgain(header) }
      while !buffer.isEmpty { try writePart(header) }
      tellEnd()
    } catch {
      if isLast {
        throw FileProblem(
          "\(error.description). \(lost + buffer.count / header.stride) tokens are lost", code: error.code)
      }
      if isPatient { throw error }
      note(error)
    }
  }

  private func openAgain(_ header: ArrayHeader) throws(FileProblem) {
    file.close()
    file.appends = true
    try open(header)
  }

  /// Writes the waiting tokens that fit this part. Data first, then the header that counts them: the file is complete
  /// at every moment.
  private func writePart(_ header: ArrayHeader) throws(FileProblem) {
    let most = header.mostTokens(limit, file.keep, rate: tokensPerSecond)
    if tokens >= most {
      try file.rotate()
      if file.size == 0 { try begin(header) } else { try resume(header) }
    }
    let count = min(buffer.count, header.size(tokens: most - tokens))
    file.trim(adding: count)
    var taken = 0
    defer {
      buffer.removeFirst(taken)
      waiting.written(taken / header.stride)
      tokens += taken / header.stride
    }
    do throws(FileProblem) {
      try buffer.withBytes { (bytes) throws(FileProblem) in
        try file.write(UnsafeRawBufferPointer(rebasing: bytes[..<count]), taken: &taken)
      }
    } catch {
      taken -= taken % header.stride
      try? file.cut(to: ArrayHeader.length + tokens * header.stride + taken)
      try? file.overwrite(header.bytes(tokens: tokens + taken / header.stride), at: 0)
      throw error
    }
    try file.overwrite(header.bytes(tokens: tokens + taken / header.stride), at: 0)
  }

  // MARK: What is said

  private func note(_ problem: FileProblem) {
    outage.fail(problem)
  }

  private func tellEnd() {
    outage.end(file.path)
    guard lost > 0 else { return }
    host.log(.error, "\(file.path): \(lost) tokens were lost while it could not be written")
    lost = 0
  }

  private func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
