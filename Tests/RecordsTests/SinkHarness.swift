import CNodeABI
import TestSupport

/// Drives one sink through the plugin ABI, as the engine's workers do, with the test's own blocks.
final class SinkHarness {
  /// One link to the sink.
  struct Input: @unchecked Sendable {
    var node = "judge"
    var format: auscult_format
    var machines: [String]
    var frequencies: [Float] = []
    var model: String?
    var classNames: [String] = []
    var library: String? = "b1"

    init(
      _ kind: UInt32, node: String = "judge", machines: [String] = ["fan-00"], rows: Int = 1, columns: Int = 1,
      rate: Int = 48000, denominator: Int64 = 1, period: Int64 = 1, extent: Int64? = nil, offset: Int64 = 0
    ) {
      self.node = node
      self.machines = machines
      format = auscult_format()
      format.size = UInt32(MemoryLayout<auscult_format>.size)
      format.kind = kind
      format.channels = UInt32(machines.count)
      format.rows = UInt32(rows)
      format.columns = UInt32(columns)
      format.driver_rate = UInt32(rate)
      format.denominator = denominator
      format.period = period
      format.extent = extent ?? period
      format.offset = offset
    }
  }

  /// Tokens of one input in one call.
  struct Tokens {
    /// Values [token][channel][value]; audio: one token of [channel][sample].
    var values: [[[Float]]] = []
    var scores: [[auscult_score]] = []
    var events: [auscult_event] = []
    var heads: [auscult_head] = []
    /// Marks [token][channel]; empty: the stream has none.
    var marks: [[UInt32]] = []
    var complete: Int64 = 0
    var isEnd = false
    var gap: auscult_gap?
  }

  typealias Failure = NodeRig.Failure

  private let rig: NodeRig
  var logged: [String] { rig.host.log }
  var file: String? {
    get { rig.host.file }
    set { rig.host.file = newValue }
  }
  /// Begin of the live run; 0: not live.
  var liveSince: Int64 {
    get { rig.host.liveSince }
    set { rig.host.liveSince = newValue }
  }
  var clockSteps: UInt64 {
    get { rig.host.clockSteps }
    set { rig.host.clockSteps = newValue }
  }
  private var inputs: [(format: auscult_format, producer: UnsafePointer<auscult_producer>)] = []

  init(_ className: String, _ arguments: [String: String]) throws {
    let nodeClass = try NodeRig.find(className)
    rig = try NodeRig(nodeClass, graph: "fan-watch", node: "log", try Setting.typed(arguments, nodeClass))
    rig.host.anchor = 1_795_253_400_000_000_000
  }

  /// Configures and activates.
  func start(_ inputs: [Input]) throws {
    let memory = rig.memory
    self.inputs = inputs.map { input in
      var format = input.format
      format.machines = memory.texts(input.machines)
      format.frequencies = UnsafePointer(memory.array(input.frequencies))
      format.frequency_count = UInt32(input.frequencies.count)
      let producer = auscult_producer(
        size: UInt32(MemoryLayout<auscult_producer>.size), node: memory.text(input.node),
        class_name: memory.text("detector.test"), library: input.library.map { memory.text($0) },
        model: input.model.map { memory.text($0) },
        class_names: input.classNames.isEmpty ? nil : memory.texts(input.classNames),
        class_name_count: UInt32(input.classNames.count))
      return (format, UnsafePointer(memory.array([producer])))
    }
    try rig.configure(
      self.inputs.map(\.format), from: inputs.map(\.node), rate: Int(inputs.first?.format.driver_rate ?? 48000))
    try rig.activate()
  }

  func deactivate() { rig.deactivate() }

  /// One call of `process`, with something for every input.
  func process(_ tokens: [Tokens]) throws {
    let blocks = zip(inputs, tokens).map { input, tokens in block(tokens, input.format, input.producer) }
    do {
      try rig.process(blocks)
    } catch let failure as Failure {
      // Its log says more than its error.
      throw logged.last.map { Failure($0) } ?? failure
    }
  }

  private func block(
    _ tokens: Tokens, _ format: auscult_format, _ producer: UnsafePointer<auscult_producer>
  ) -> RigBlock {
    let block = RigBlock(format, capacity: tokens.count(format.kind), hasMarks: !tokens.marks.isEmpty)
    block.count = block.capacity
    block.pointer.pointee.producer = producer
    block.pointer.pointee.complete = tokens.complete
    block.pointer.pointee.flags = (tokens.isEnd ? AUSCULT_BLOCK_END : 0) | (tokens.gap != nil ? AUSCULT_BLOCK_GAP : 0)
    if let gap = tokens.gap { block.pointer.pointee.gap = gap }
    if !tokens.heads.isEmpty { block.pointer.pointee.heads.update(from: tokens.heads, count: tokens.heads.count) }
    for (token, marks) in tokens.marks.enumerated() {
      for (channel, mark) in marks.enumerated() { block.setMark(token, channel, UInt8(mark)) }
    }
    tokens.lay(into: block)
    return block
  }
}

extension SinkHarness.Tokens {
  /// Tokens; of audio: samples.
  fileprivate func count(_ kind: UInt32) -> Int {
    switch kind {
    case AUSCULT_SCORE: scores.count
    case AUSCULT_EVENT: events.count
    case AUSCULT_AUDIO: values.first?.first?.count ?? 0
    default: values.count
    }
  }

  fileprivate func lay(into block: RigBlock) {
    for (token, scores) in scores.enumerated() {
      for (channel, score) in scores.enumerated() {
        block.payload(token, channel, as: auscult_score.self).pointee = score
      }
    }
    for (token, event) in events.enumerated() { block.payload(token, 0, as: auscult_event.self).pointee = event }
    for (token, channels) in values.enumerated() {
      for (channel, numbers) in channels.enumerated() {
        block.values(token, channel).update(from: numbers, count: numbers.count)
      }
    }
  }
}
