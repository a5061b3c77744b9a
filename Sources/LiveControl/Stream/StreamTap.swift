import CNodeABI
import GraphEngine
import JSONText
import NodeABI
import NodeHost
import NodeKit
import Records
import Synchronization

/// The sink behind one stream of a subscription: hands its tokens to a queue. It never fails and never waits.
final class StreamTap: OffloadNode {
  /// Most values of a token: an answer of the protocol must hold one.
  static let mostValues = StreamQueue.answerLimit - 24

  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "auscult.stream", version: "1.0.0", summary: "Hands tokens to a subscription.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .any, "Any stream")],
      parameters: [.text("target", "Queue for the tokens", flags: .placement)])
  }

  private let target: StreamTarget?
  private var reader: RecordReader
  /// The format that was last described.
  private var described: UnsafePointer<auscult_format>?

  required init(_ arguments: Arguments) throws {
    target = StreamTarget.named(arguments.text("target"))
    reader = RecordReader(host: arguments.host)
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let format = setup.input
    let values =
      format.kind == .audio ? setup.quantum : format.rows * format.columns * (format.kind == .spectrum ? 2 : 1)
    guard values <= Self.mostValues else {
      throw NodeError("a token of this stream has \(values) values; a subscription takes at most \(Self.mostValues)")
    }
  }

  override func work(_ cycle: Cycle) throws {
    guard let target else { return }
    let input = cycle.input
    let format = input.pointer.pointee.format!
    if input.count > 0, described != format { describe(format, input, target) }
    var items = reader.read(input).map { StreamItem.record($0) }
    switch format.pointee.kind {
    case AUSCULT_SCORE, AUSCULT_EVENT: break
    case AUSCULT_AUDIO: items += audio(input)
    default:
      for token in 0..<input.count {
        for channel in 0..<input.channels { items.append(.token(self.token(input, token, channel))) }
      }
    }
    target.queue.add(items, of: target.stream)
  }

  private func audio(_ input: InputBlock) -> [StreamItem] {
    guard input.count > 0 else { return [] }
    let span = Span(input.pointer.pointee.format.pointee, input.head(0).pointee, count: Int64(input.count))
    return (0..<input.channels).map { channel in
      let samples = UnsafeBufferPointer(start: input.samples(channel), count: input.count)
      return .token(token(input, 0, channel, span: span, Array(samples)))
    }
  }

  private func token(_ input: InputBlock, _ index: Int, _ channel: Int) -> StreamToken {
    let format = input.pointer.pointee.format.pointee
    let count = Int(format.rows) * Int(format.columns) * (format.kind == AUSCULT_SPECTRUM ? 2 : 1)
    let values = UnsafeBufferPointer(start: input.values(index, channel), count: count)
    return token(input, index, channel, span: Span(format, input.head(index).pointee), Array(values))
  }

  private func token(
    _ input: InputBlock, _ index: Int, _ channel: Int, span: Span, _ values: [Float]
  ) -> StreamToken {
    let format = input.pointer.pointee.format.pointee
    let marks = input.marks(index, channel)
    var flags: Record.Flags = []
    if !marks.isSounding { flags.insert(.silent) }
    if marks.isClipped { flags.insert(.clipped) }
    if input.head(index).pointee.followsGap { flags.insert(.gap) }
    return StreamToken(
      kind: kind(format), graph: host.graph, node: String(cString: input.pointer.pointee.producer.pointee.node),
      channel: channel, machine: machine(format, channel), span: span, rate: Int(format.driver_rate),
      time: host.wallTime(at: span.end), flags: flags, values: values)
  }

  /// Adds a description of the stream before its first token, and before the first one of another format.
  private func describe(_ format: UnsafePointer<auscult_format>, _ input: InputBlock, _ target: StreamTarget) {
    described = format
    let it = format.pointee
    let frequencies = (0..<Int(it.frequency_count)).map { it.frequencies[$0] }
    target.queue.add(
      format: .members([
        "kind": "format", "node": .text(String(cString: input.pointer.pointee.producer.pointee.node)),
        "port": .text(target.port), "stream": .text(kind(it)), "rows": .integer(Int(it.rows)),
        "columns": .integer(Int(it.columns)),
        "machines": .array((0..<Int(it.channels)).map { machine(it, $0).map { .text($0) } ?? .null }),
        "rate": .integer(Int(it.driver_rate)),
        "tokens_per_second": it.kind == AUSCULT_EVENT
          ? nil : .number(Double(it.driver_rate) * Double(it.denominator) / Double(it.period)),
        "hertz": frequencies.isEmpty ? nil : .array(frequencies.map { .number(Double($0.description) ?? .nan) }),
        "scale": .text(["linear", "decibel", "unit", "other"][min(Int(it.scale), 3)]),
      ]), of: target.stream)
  }

  private func kind(_ format: auscult_format) -> String { StreamKinds(rawValue: format.kind).words.first ?? "?" }

  private func machine(_ format: auscult_format, _ channel: Int) -> String? {
    guard let name = format.machines?[channel] else { return nil }
    let text = String(cString: name)
    return text.isEmpty ? nil : text
  }

  /// Made once.
  static let nodeClass: NodeClass = {
    let library = Library(StreamTap.self)
    do {
      return try PluginLibrary(builtIn: "auscult", library.info).classes[0]
    } catch {
      preconditionFailure("the tap's own declaration is wrong: \(error)")
    }
  }()
}

/// Where a tap delivers: a queue, and the number of the stream in it. The ABI carries text only, so a tap finds its
/// target by name.
final class StreamTarget: Sendable {
  let queue: StreamQueue
  let stream: Int
  /// Name of the output port.
  let port: String
  let name: String

  private struct Weak { weak var target: StreamTarget? }
  private static let all = Mutex<[String: Weak]>([:])

  init(_ queue: StreamQueue, stream: Int, port: String, name: String) {
    self.queue = queue
    self.stream = stream
    self.port = port
    self.name = name
    let reference = Weak(target: self)
    Self.all.withLock { $0[name] = reference }
  }

  deinit { Self.all.withLock { $0[name] = nil } }

  static func named(_ name: String) -> StreamTarget? { all.withLock { $0[name]?.target } }
}
