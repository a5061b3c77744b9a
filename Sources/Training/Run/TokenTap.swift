import CNodeABI
import DetectorHost
import GraphEngine
import NodeABI
import NodeHost
import NodeKit
import NumberText
import Synchronization

/// A token of one channel, as a tap gets it.
public struct TapToken: Sendable {
  public var channel: Int
  /// Driver frame positions.
  public var begin: Int64
  public var end: Int64
  /// The driver's frames per second.
  public var rate: Int
  public var isSilent = false
  public var isClipped = false
  /// Something was lost between this token and the one before.
  public var isAfterGap = false
  /// Features and slices: [rows x columns]. Scores and events: empty.
  public var values: [Float] = []
  public var score: Score?
  public var event: UInt32?
  /// Position of a score in its stream, and its marks, for `AlarmTrial`.
  var head = auscult_head()
  var marks: UInt8 = 0

  /// A score, as an alarm gets it.
  var heard: HeardScore? { score.map { heard($0.value) } }

  /// The score of the token, as an alarm gets it.
  func heard(_ score: Double) -> HeardScore { HeardScore(score: score, head: head, marks: marks) }

  package init(channel: Int, begin: Int64, end: Int64, rate: Int) {
    self.channel = channel
    self.begin = begin
    self.end = end
    self.rate = rate
  }

  public struct Score: Sendable {
    public var value: Double
    public var threshold: Double
    public var classIndex: Int
    public var probability: Float
  }

  public var beginSecond: Double { Double(begin) / Double(rate) }
  public var endSecond: Double { Double(end) / Double(rate) }
}

/// Collects the tokens of taps. A tap is a sink of the program itself. It replaces nodes of a graph, so it gets exactly
/// the tokens that reach a node, or leave it, in a run.
public final class TapStore: @unchecked Sendable {
  private let tokens = Mutex<[TapToken]>([])
  private let bytes = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private struct Stores {
    var byName: [String: Weak] = [:]
    var made = 0
  }
  private struct Weak { weak var store: TapStore? }
  private static let stores = Mutex(Stores())
  public let name: String

  public init() {
    name = TapStore.stores.withLock { stores in
      stores.made += 1
      return "\(stores.made)"
    }
    let reference = Weak(store: self)
    TapStore.stores.withLock { $0.byName[name] = reference }
  }

  fileprivate static func store(_ name: String) -> TapStore? { stores.withLock { $0.byName[name]?.store } }

  /// - Throws: `NodeError` where the tokens that are not taken yet exceed the allowed memory.
  fileprivate func append(_ new: [TapToken]) throws {
    guard !isClosed.load(ordering: .relaxed) else { return }
    let size = new.reduce(0) { $0 + MemoryLayout<TapToken>.stride + $1.values.count * MemoryLayout<Float>.stride }
    let held = bytes.add(size, ordering: .relaxed).newValue
    // Asking for the free memory takes a while.
    if held >> 24 != (held - size) >> 24, held > MemoryLimit.standard.bytes / 2 {
      tokens.withLock { $0 = [] }
      throw NodeError(
        "the tokens of this recording take more than \(NumberText.bytes(held)): cut it into several, or allow more with --memory"
      )
    }
    tokens.withLock { $0 += new }
  }

  /// Stops collecting.
  public func close() {
    isClosed.store(true, ordering: .relaxed)
    _ = take()
  }

  /// All tokens since the last call.
  public func take() -> [TapToken] {
    tokens.withLock { tokens in
      defer { tokens = [] }
      bytes.store(0, ordering: .relaxed)
      return tokens
    }
  }

  deinit { TapStore.stores.withLock { $0.byName[name] = nil } }
}

/// The sink that fills it.
private class Tap: OffloadNode {
  override class var declaration: NodeDeclaration { declaration("auscult.tap", flags: []) }

  fileprivate static func declaration(_ name: String, flags: PortDeclaration.Flags) -> NodeDeclaration {
    NodeDeclaration(
      name, version: "1.0.0", summary: "Hands tokens to the program.", realtime: .offload, traits: .sink,
      inputs: [PortDeclaration("in", .any, "Any stream", flags: flags)],
      parameters: [.text("store", "Store for the tokens", flags: .placement)])
  }

  private let store: TapStore?

  required init(_ arguments: Arguments) throws {
    store = TapStore.store(arguments.text("store"))
    try super.init(arguments)
  }

  override func work(_ cycle: Cycle) throws {
    let input = cycle.input
    let format = input.pointer.pointee.format.pointee
    var heard: [TapToken] = []
    if format.kind == AUSCULT_AUDIO {
      for channel in 0..<input.channels where input.count > 0 {
        let head = input.head(0).pointee
        var token = TapToken(channel: channel, begin: head.index, end: head.index + Int64(input.count), rate: 1)
        token.rate = Int(format.driver_rate)
        token.values = Array(UnsafeBufferPointer(start: input.samples(channel), count: input.count))
        heard.append(token)
      }
      try store?.append(heard)
      return
    }
    let width = Int(format.rows) * Int(format.columns)
    for index in 0..<input.count {
      // As in records.
      let begin = input.time.begin(input.head(index))
      let end = max(input.time.end(input.head(index)), begin)
      for channel in 0..<(format.kind == AUSCULT_EVENT ? 1 : input.channels) {
        var token = TapToken(channel: channel, begin: begin, end: end, rate: Int(format.driver_rate))
        switch format.kind {
        case AUSCULT_SCORE:
          let score = input.score(index, channel).pointee
          token.score = TapToken.Score(
            value: score.score, threshold: score.threshold, classIndex: Int(score.class_index),
            probability: score.probability)
        case AUSCULT_EVENT:
          let event = input.event(index).pointee
          token.event = event.state
          (token.channel, token.begin, token.end) = (Int(event.channel), event.begin, event.end)
        default:
          token.values = Array(UnsafeBufferPointer(start: input.values(index, channel), count: width))
        }
        token.head = input.head(index).pointee
        let marks = input.marks(index, channel)
        token.marks = marks.rawValue
        token.isSilent = !marks.isSounding
        token.isClipped = marks.isClipped
        token.isAfterGap = token.head.followsGap
        heard.append(token)
      }
    }
    try store?.append(heard)
  }
}

/// A tap that gets a detector's input: without tokens that hold padding.
private final class JudgeTap: Tap {
  override class var declaration: NodeDeclaration { declaration("auscult.tap.judge", flags: .heard) }
}

/// The tap's class.
let tapClass: NodeClass = tapClasses[0]
/// The class of a tap in a detector's place.
let judgeTapClass: NodeClass = tapClasses[1]

/// Made once.
private let tapClasses: [NodeClass] = {
  let library = Library(Tap.self, JudgeTap.self)
  do {
    return try PluginLibrary(builtIn: "auscult", library.info).classes
  } catch {
    preconditionFailure("the tap's own declaration is wrong: \(error)")
  }
}()
