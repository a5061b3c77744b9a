import CNodeABI
import DetectorHost
import GraphEngine
import NodeABI
import NodeHost
import NodeKit

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
    let (rows, columns) = (Int(format.rows), Int(format.columns))
    var grown = 0
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
          let values = input.values(index, channel)
          token.view = store?.keep(values, channel: channel, rows: rows, columns: columns, &grown)
          if token.view == nil { token.values = Array(UnsafeBufferPointer(start: values, count: rows * columns)) }
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
    try store?.append(heard, grown: grown)
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
