import CNodeABI
import Glibc
import NodeKit
import Records

/// Writes any stream but events as a NumPy array: (tokens, values...) for one channel, (tokens, channels, values...)
/// for more. Audio is (samples,), spectra complex64 (tokens, bins), features (tokens, bands), slices (tokens, rows,
/// bands), scores float64 (tokens,).
///
/// The file can be read at any moment, also after a crash: its header says how many tokens are there, and is rewritten
/// after the data, at least once a second. One instance writes one array over all input files of a run.
final class NumPy: OffloadNode {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.npy", version: "1.0.0", summary: "Writes a stream as a NumPy array.", realtime: .offload, traits: .sink,
      inputs: [
        PortDeclaration("in", [.audio, .spectrum, .features, .slice, .score], "The stream", flags: .independent)
      ],
      parameters: [
        .outputPath("path", "File to write (.npy)", flags: .required),
        .boolean("append", "Adds to an array of the same shape that exists, instead of replacing it", default: "false"),
        RotationLimit.parameter,
      ])
  }

  private let file: OutputFile
  private let appends: Bool
  private let limit: RotationLimit?
  private var header: ArrayHeader?
  private var layout: TokenLayout?
  private var tokens = 0
  private var tokensPerSecond = 1.0
  /// Data that is not yet in the file.
  private var buffer: [UInt8] = []
  private var flushed = 0
  private var hasFailed = false
  private static let bufferSize = 1 << 18

  required init(_ arguments: Arguments) throws {
    let path = arguments.text("path")
    if OutputFile.isStandardOutput(path) {
      throw NodeError("an array cannot go to standard output: its header is rewritten; give a file", parameter: "path")
    }
    appends = arguments.boolean("append")
    file = OutputFile(path: path, append: appends)
    limit = try RotationLimit(arguments)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let new = try ArrayHeader(setup.input)
    if let header, header != new {
      throw NodeError(
        "\(file.path) holds \(header.type) tokens of shape \(header.token), this input gives \(new.type) tokens "
          + "of shape \(new.token); run files that differ apart, each with its own `path`")
    }
    if header != nil, tokensPerSecond != setup.input.rate {
      host.log(
        .warning, "the tokens in \(file.path) now come at \(setup.input.rate) a second, before at \(tokensPerSecond)")
    }
    header = new
    layout = TokenLayout(setup.input, new)
    tokensPerSecond = setup.input.rate
    answer.memory = Self.bufferSize + new.stride
  }

  override func activate() throws {
    guard let header, !hasFailed else { return }
    buffer.reserveCapacity(Self.bufferSize)
    if file.isOpen { return }
    try file.open()
    if file.size == 0 {
      try file.write(header.bytes(tokens: 0))
    } else {
      try resume(header)
    }
  }

  /// Goes on with an array that was in the file, without what a crash left behind its counted tokens.
  private func resume(_ header: ArrayHeader) throws {
    guard let held = header.tokens(in: file.read(ArrayHeader.length, at: 0)),
      ArrayHeader.length + held * header.stride <= file.size
    else {
      throw NodeError(
        "\(file.path) is not an array of \(header.type) tokens of shape \(header.token) that sink.npy wrote; give "
          + "another `path`, or leave `append` out to replace it", parameter: "append")
    }
    tokens = held
    try file.cut(to: ArrayHeader.length + held * header.stride)
  }

  override func work(_ cycle: Cycle) throws {
    if hasFailed { return }
    hasFailed = true
    try add(cycle.input)
    hasFailed = false
  }

  private func add(_ block: InputBlock) throws {
    guard let header, let layout else { return }
    var next = 0
    while next < block.count {
      if tokens >= most(header) { try beginPart(header) }
      let space = max(1, (Self.bufferSize - buffer.count) / header.stride)
      let count = min(block.count - next, space, most(header) - tokens)
      layout.append(block, tokens: next..<(next + count), to: &buffer)
      next += count
      tokens += count
      if buffer.count >= Self.bufferSize - header.stride { try flush(header) }
    }
    if block.isEnd || seconds() > flushed { try flush(header) }
  }

  override func deactivate() {
    guard let header, !hasFailed else { return }
    do {
      try flush(header)
    } catch {
      hasFailed = true
      host.log(.error, "\(error)")
    }
  }

  /// The most tokens of one part.
  private func most(_ header: ArrayHeader) -> Int {
    switch limit {
    case nil: Int.max
    case .bytes(let bytes): max(1, (bytes - ArrayHeader.length) / header.stride)
    case .seconds(let seconds): Int(max(1, min(seconds * tokensPerSecond, 1e15)))
    }
  }

  private func beginPart(_ header: ArrayHeader) throws {
    try flush(header)
    try file.rotate()
    tokens = 0
    try file.write(header.bytes(tokens: 0))
  }

  /// Data first, then the header that counts it: the file is whole at every moment.
  private func flush(_ header: ArrayHeader) throws {
    flushed = seconds()
    guard !buffer.isEmpty else { return }
    do {
      try file.write(buffer)
    } catch {
      let whole = max(0, file.size - ArrayHeader.length) / header.stride
      try? file.overwrite(header.bytes(tokens: whole), at: 0)
      throw error
    }
    buffer.removeAll(keepingCapacity: true)
    try file.overwrite(header.bytes(tokens: tokens), at: 0)
  }

  private func seconds() -> Int {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return now.tv_sec
  }
}
