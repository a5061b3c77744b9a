import CNodeABI
import RealtimeCore

extension Compiler {
  /// Allocates every block, ring and queue once, and ties the steps together.
  static func buffers(_ draft: ScheduleDraft, options: EngineOptions) -> Schedule {
    let builder = ScheduleBuilder(draft, options: options)
    for index in draft.order { builder.makeBlocks(index) }
    for index in draft.order { builder.makeRings(index) }
    for index in draft.order { builder.makeStep(index) }
    builder.makeWorkers()
    return Schedule(builder)
  }
}

/// Lays out the memory of a schedule. Thread: control.
final class ScheduleBuilder {
  let draft: ScheduleDraft
  let options: EngineOptions
  let arena = Arena()
  var blocks: [[UnsafeMutablePointer<auscult_block>]]
  var steps: [UnsafeMutablePointer<Step>?]
  var rings: [Schedule.RingRecord] = []
  var crossings: [(ring: UnsafeMutablePointer<BlockRing>, mostBytes: Int)] = []
  var workers: [WorkerNode] = []
  var memory: [Int]
  /// Rings by link: (from node, output, to node, input).
  private var ringOf: [LinkKey: UnsafeMutablePointer<BlockRing>] = [:]
  private var crossingsOf: [[[Crossing]]]
  private var externalInputs = 0
  private var externalOutputs = 0
  private let externalInputPointers: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let externalOutputPointers: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>
  private let clock: UnsafeMutablePointer<auscult_clock>

  private struct LinkKey: Hashable {
    var from: Int
    var output: Int
    var to: Int
    var input: Int
    init(_ link: ScheduleDraft.Link) { (from, output, to, input) = (link.from, link.output, link.to, link.input) }
  }

  init(_ draft: ScheduleDraft, options: EngineOptions) {
    self.draft = draft
    self.options = options
    let count = draft.graph.nodes.count
    blocks = Array(repeating: [], count: count)
    steps = Array(repeating: nil, count: count)
    memory = Array(repeating: 0, count: count)
    crossingsOf = draft.configurations.map { Array(repeating: [], count: $0!.outputs.count) }
    // A stream may end before its first cycle: nodes then meet this memory instead of the driver's samples.
    let (unheard, unplayed) = (arena.array(Float.self, count: 16), arena.array(Float.self, count: 16))
    externalInputPointers = arena.array(
      Array(repeating: UnsafePointer(unheard), count: draft.configurations.reduce(0) { $0 + $1!.externalInputs }))
    externalOutputPointers = arena.array(
      Array(repeating: unplayed, count: draft.configurations.reduce(0) { $0 + $1!.externalOutputs }))
    clock = arena.array([auscult_clock()])
  }

  // MARK: Blocks

  func makeBlocks(_ node: Int) {
    let configuration = draft.configurations[node]!
    let before = arena.bytes
    let producer = makeProducer(node, configuration)
    blocks[node] = configuration.outputs.indices.map { output in
      makeBlock(
        configuration.outputs[output].native, capacity: draft.capacities[node][output], producer: producer)
    }
    memory[node] += arena.bytes - before
  }

  private func makeProducer(_ node: Int, _ configuration: Configuration) -> UnsafePointer<auscult_producer> {
    let graphNode = draft.graph.nodes[node]
    return UnsafePointer(
      arena.array([
        auscult_producer(
          size: UInt32(MemoryLayout<auscult_producer>.size), node: arena.text(graphNode.name),
          class_name: arena.text(graphNode.nodeClass.name), library: arena.text(graphNode.nodeClass.library.buildID),
          model: configuration.model.map { arena.text($0) },
          class_names: configuration.classNames.isEmpty ? nil : arena.texts(configuration.classNames),
          class_name_count: UInt32(configuration.classNames.count))
      ]))
  }

  func makeBlock(
    _ format: UnsafePointer<auscult_format>, capacity: Int, producer: UnsafePointer<auscult_producer>?
  ) -> UnsafeMutablePointer<auscult_block> {
    let isAudio = format.pointee.kind == AUSCULT_AUDIO
    let channels = Int(format.pointee.channels)
    let channelBytes = BlockRing.aligned(isAudio ? capacity * 4 : format.pointee.channelBytes)
    let payloadChannels = format.pointee.kind == AUSCULT_EVENT ? 1 : channels
    var block = auscult_block()
    block.size = UInt32(MemoryLayout<auscult_block>.size)
    block.capacity = UInt32(capacity)
    block.channel_stride = UInt32(channelBytes)
    block.token_stride = UInt32(isAudio ? 4 : channelBytes * payloadChannels)
    block.data = arena.raw(bytes: isAudio ? channelBytes * channels : channelBytes * payloadChannels * capacity)
    block.heads = arena.array(auscult_head.self, count: isAudio ? 1 : capacity)
    block.marks = arena.array(UInt8.self, count: capacity * channels)
    block.mark_token_stride = UInt32(isAudio ? 1 : channels)
    block.mark_channel_stride = UInt32(isAudio ? capacity : 1)
    block.complete = Int64.min
    block.format = format
    block.producer = producer
    return arena.array([block])
  }

  // MARK: Rings

  /// A ring for every link that enters a worker.
  func makeRings(_ node: Int) {
    guard draft.placement[node] == .worker else { return }
    for link in draft.incoming[node] {
      let format = draft.format(link)!.format
      let capacity = draft.capacities[link.from][link.output]
      let most = BlockRing.recordBytes(
        kind: format.kind, count: capacity, channels: Int(format.channels), channelBytes: format.channelBytes)
      let ring = UnsafeMutablePointer<BlockRing>.allocate(capacity: 1)
      ring.initialize(to: BlockRing(bytes: ringBytes(format, most: most)))
      rings.append(Schedule.RingRecord(ring: ring, from: link.from, to: node))
      ringOf[LinkKey(link)] = ring
      memory[node] += ring.pointee.capacity
      crossingsOf[link.from][link.output].append(
        Crossing(
          ring: ring, consumer: UnsafePointer(draft.instances[node].host.nodeText), consumerNode: Int32(node),
          mostBytes: most))
      if draft.placement[link.from] == .realtime { crossings.append((ring, most)) }
    }
  }

  /// Room for `queueSeconds` of the stream in cycles of 64 frames, and for what a long cycle pushes in any case.
  private func ringBytes(_ format: auscult_format, most: Int) -> Int {
    let smallestCycle = 64.0
    let perCycle = max(1, Int((smallestCycle / Double(format.driver_rate) * format.rate).rounded(.up)))
    let record = BlockRing.recordBytes(
      kind: format.kind, count: perCycle, channels: Int(format.channels), channelBytes: format.channelBytes)
    let records = min(format.rate / Double(perCycle), Double(format.driver_rate) / smallestCycle) * options.queueSeconds
    let wanted = min(Int(records) * record, options.queueBytes)
    let least = 2 * (EngineOptions.quantaPerWait + 2) * most + 4096
    return max(wanted, least)
  }

  // MARK: Steps

  func makeStep(_ node: Int) {
    let before = arena.bytes
    let configuration = draft.configurations[node]!
    let instance = draft.instances[node]
    let links = draft.incoming[node]
    let inputs = arena.array(UnsafePointer<auscult_block>?.self, count: links.count)
    if draft.placement[node] == .realtime {
      for (index, link) in links.enumerated() { inputs[index] = UnsafePointer(blocks[link.from][link.output]) }
    }
    let isIndependent = links.contains {
      draft.graph.nodes[node].nodeClass.inputs[$0.input].flags.contains(.independent)
    }
    let join = links.count > 1 && !isIndependent ? makeJoin(node) : nil
    if let join { for index in links.indices { inputs[index] = UnsafePointer(join.pointee.joined + index) } }

    let outputBlocks = arena.array(blocks[node].map { Optional($0) })
    let cycle = arena.array([
      auscult_cycle(
        size: UInt32(MemoryLayout<auscult_cycle>.size), input_count: UInt32(links.count),
        output_count: UInt32(configuration.outputs.count), reserved: 0, inputs: UnsafePointer(inputs),
        outputs: UnsafePointer(outputBlocks), clock: UnsafePointer(clock),
        external_inputs: UnsafePointer(externalInputPointers + externalInputs),
        external_outputs: UnsafePointer(externalOutputPointers + externalOutputs), failure: nil)
    ])
    steps[node] = arena.array([
      Step(
        nodeClass: instance.native, instance: instance.pointer, node: Int32(node),
        name: UnsafePointer(instance.host.nodeText), isSource: links.isEmpty, isIndependent: isIndependent,
        inputCount: links.count, outputCount: configuration.outputs.count, cycle: cycle, inputs: inputs,
        outputs: makeOutputs(node), join: join, externalInputBase: externalInputs,
        externalOutputBase: externalOutputs, externalOutputCount: configuration.externalOutputs,
        isMeasured: options.isMeasured || draft.placement[node] == .worker,
        hasCrossings: crossingsOf[node].contains { !$0.isEmpty })
    ])
    externalInputs += configuration.externalInputs
    externalOutputs += configuration.externalOutputs
    memory[node] += arena.bytes - before
  }

  private func makeOutputs(_ node: Int) -> UnsafeMutablePointer<OutputState> {
    let configuration = draft.configurations[node]!
    let input = draft.incoming[node].first.map { draft.format($0)!.format }
    return arena.array(
      configuration.outputs.indices.map { output in
        let format = configuration.outputs[output].native
        let factor = input.map { format.pointee.denominator / $0.denominator } ?? 1
        let crossings = crossingsOf[node][output]
        return OutputState(
          block: blocks[node][output], format: format, isAudio: format.pointee.kind == AUSCULT_AUDIO,
          isScore: format.pointee.kind == AUSCULT_SCORE, isStampedByNode: format.pointee.stamp == AUSCULT_STAMP_NODE,
          factor: factor, inputPeriod: (input?.period ?? 0) * factor,
          lookahead: format.pointee.lookahead, crossings: arena.array(crossings), crossingCount: crossings.count,
          ownMarks: blocks[node][output].pointee.marks,
          marks: input.map { makeMarks(format.pointee, input: $0, configuration, node: node) })
      })
  }

  private func makeMarks(
    _ format: auscult_format, input: auscult_format, _ configuration: Configuration, node: Int
  ) -> UnsafeMutablePointer<MarkHistory> {
    let factor = format.denominator / input.denominator
    let isSamePace =
      format.period == input.period * factor && format.extent == input.extent * factor
      && format.offset == input.offset * factor && format.channels == input.channels
    let isSame =
      isSamePace && draft.incoming[node].count == 1 && configuration.channelMap.isEmpty
      && (format.kind == AUSCULT_AUDIO) == (input.kind == AUSCULT_AUDIO) && format.lookahead == input.lookahead
    // As far back as a token reaches, plus what can arrive at once, plus what the node may hold back.
    let held = (format.lookahead - input.lookahead) * input.denominator / input.period
    let capacity = draft.incoming[node].map { draft.capacities[$0.from][$0.output] }.max() ?? 1
    let needed =
      Int(format.extent / (input.period * factor)) + Int(held) + 2 * capacity
      + Int(abs(format.offset - input.offset * factor) / (input.period * factor)) + 16
    var length = 64
    while length < needed { length *= 2 }
    if isSame { length = 1 }
    return arena.array([
      MarkHistory(
        rule: isSame ? .same : input.kind == AUSCULT_AUDIO ? .overlap : .within,
        ring: arena.array(UInt8.self, count: length * Int(format.channels)), mask: Int64(length - 1),
        inputChannels: Int(input.channels), outputChannels: Int(format.channels),
        map: configuration.channelMap.isEmpty ? nil : UnsafePointer(arena.array(configuration.channelMap)),
        inputPeriod: input.period * factor, inputExtent: input.extent * factor, inputOffset: input.offset * factor,
        outputPeriod: format.period, outputExtent: format.extent, outputOffset: format.offset)
    ])
  }

  // MARK: Joins

  private func makeJoin(_ node: Int) -> UnsafeMutablePointer<Join> {
    let links = draft.incoming[node]
    let formats = links.map { draft.format($0)!.native }
    let common = formats.reduce(Int64(1)) { leastCommonMultiple($0, $1.pointee.denominator) }
    let latest = formats.map { $0.pointee.lookahead }.max() ?? 0
    let queues = links.indices.map { index in
      let format = formats[index].pointee
      let arriving = draft.capacities[links[index].from][links[index].output]
      let waiting = Int((latest - format.lookahead) * format.denominator / format.period) + 2
      let source = blocks[links[index].from][links[index].output].pointee
      return makeQueue(
        format, capacity: waiting + 3 * arriving, tokenBytes: Int(source.token_stride), common: common)
    }
    let joined = links.indices.map { index in
      joinedBlock(formats[index], queues[index], source: blocks[links[index].from][links[index].output])
    }
    return arena.array([
      Join(
        inputCount: links.count, queues: arena.array(queues), joined: arena.array(joined),
        period: formats[0].pointee.period * (common / formats[0].pointee.denominator),
        mostTokens: links.map { draft.capacities[$0.from][$0.output] }.max() ?? 1)
    ])
  }

  private func makeQueue(_ format: auscult_format, capacity: Int, tokenBytes: Int, common: Int64) -> JoinQueue {
    let isAudio = format.kind == AUSCULT_AUDIO
    let channels = Int(format.channels)
    let rounded = (capacity + 15) & ~15
    return JoinQueue(
      isAudio: isAudio, channels: channels, capacity: rounded, tokenBytes: tokenBytes,
      data: arena.raw(bytes: isAudio ? rounded * 4 * channels : rounded * tokenBytes),
      heads: arena.array(auscult_head.self, count: isAudio ? 1 : rounded),
      marks: arena.array(UInt8.self, count: rounded * channels), scale: common / format.denominator,
      offset: format.offset, inputPeriod: format.period, extent: format.extent, ticks: common)
  }

  private func joinedBlock(
    _ format: UnsafePointer<auscult_format>, _ queue: JoinQueue, source: UnsafeMutablePointer<auscult_block>
  ) -> auscult_block {
    var block = source.pointee
    block.data = queue.data
    block.heads = queue.heads
    block.marks = queue.marks
    block.capacity = UInt32(queue.capacity)
    block.channel_stride = queue.isAudio ? UInt32(queue.capacity * 4) : source.pointee.channel_stride
    block.mark_channel_stride = queue.isAudio ? UInt32(queue.capacity) : 1
    return block
  }

  // MARK: Workers and the realtime part

  func makeWorkers() {
    for node in draft.order where draft.placement[node] == .worker {
      workers.append(
        WorkerNode(
          step: steps[node]!, clock: UnsafePointer(arena.array([auscult_clock()])),
          inputs: draft.incoming[node].map { link in
            WorkerInput(ring: ringOf[LinkKey(link)]!, idle: idleBlock(link))
          }, name: draft.graph.nodes[node].name, services: draft.instances[node].host.services))
    }
  }

  /// What an input shows while its ring is empty: no tokens, only how far it is complete.
  private func idleBlock(_ link: ScheduleDraft.Link) -> UnsafeMutablePointer<auscult_block> {
    var block = blocks[link.from][link.output].pointee
    block.count = 0
    block.flags = 0
    return arena.array([block])
  }

  func makeRealtime() -> UnsafeMutablePointer<RealtimeSchedule> {
    let order = draft.order.filter { draft.placement[$0] == .realtime }
    // Steps lie one behind the other in the order they run in.
    let list = arena.array(order.map { steps[$0]!.pointee })
    let sources = arena.array(
      order.map { node -> UnsafeMutablePointer<UnsafePointer<auscult_block>>? in
        guard steps[node]!.pointee.join != nil else { return nil }
        return arena.array(draft.incoming[node].map { UnsafePointer(blocks[$0.from][$0.output]) })
      })
    for (place, node) in order.enumerated() { steps[node] = list + place }
    return arena.array([
      RealtimeSchedule(
        steps: list, stepCount: order.count, joinSources: sources, clock: clock,
        externalInputs: externalInputPointers, externalInputCount: externalInputs,
        externalOutputs: externalOutputPointers, externalOutputCount: externalOutputs, quantum: draft.quantum,
        silence: UnsafePointer(arena.array(Float.self, count: draft.quantum)),
        waste: arena.array(Float.self, count: draft.quantum))
    ])
  }
}

func leastCommonMultiple(_ a: Int64, _ b: Int64) -> Int64 {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}
