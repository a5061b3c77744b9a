import CNodeABI
import CRealtime
import GraphCompiler
import NodeABI
import RealtimeCore

/// Allocates the memory that one node needs while it runs. Thread: control.
package struct RuntimeMaker {
  let draft: ScheduleDraft
  let node: Int
  let sources: [UnsafeMutablePointer<auscult_block>]
  let arena = Arena()

  private var configuration: Configuration { draft.configurations[node]! }

  init(_ draft: ScheduleDraft, node: Int, sources: [UnsafeMutablePointer<auscult_block>]) {
    self.draft = draft
    self.node = node
    self.sources = sources
  }

  // MARK: Blocks

  func makeBlocks() -> [UnsafeMutablePointer<auscult_block>] {
    let producer = makeProducer()
    return configuration.outputs.indices.map { output in
      arena.block(
        configuration.outputs[output].native, capacity: draft.capacities[node][output], producer: producer)
    }
  }

  private func makeProducer() -> UnsafePointer<auscult_producer> {
    let graphNode = draft.graph.nodes[node]
    let classNames = classNames(of: node)
    return UnsafePointer(
      arena.array([
        auscult_producer(
          size: UInt32(MemoryLayout<auscult_producer>.size), node: arena.text(graphNode.name),
          class_name: arena.text(graphNode.nodeClass.name), library: arena.text(graphNode.nodeClass.library.buildID),
          model: configuration.model.map { arena.text($0) },
          class_names: classNames.isEmpty ? nil : arena.texts(classNames), class_name_count: UInt32(classNames.count))
      ]))
  }

  /// Class names that a node's scores refer to: its own, or those of the node before if it passes scores on.
  private func classNames(of node: Int) -> [String] {
    let own = draft.configurations[node]!
    guard own.classNames.isEmpty, own.outputs.first?.format.kind == AUSCULT_SCORE,
      let link = draft.incoming[node].first,
      draft.format(link)?.format.kind == AUSCULT_SCORE
    else { return own.classNames }
    return classNames(of: link.from)
  }

  // MARK: Outputs

  func makeOutputs(
    _ blocks: [UnsafeMutablePointer<auscult_block>], generations: Generations,
    progress: [UnsafeMutablePointer<Progress>]?, watches: [OutputWatch?]
  ) -> UnsafeMutablePointer<StepOutput> {
    let input = draft.incoming[node].first.map { draft.format($0)!.format }
    for (output, block) in blocks.enumerated() {
      // Without a history of marks, assume that every token sounds.
      let format = configuration.outputs[output].format
      guard let marks = block.pointee.marks, let input, !draft.hasMarks(format, input) else { continue }
      realtime_fill(
        marks, Marks.unmarked.rawValue,
        draft.capacities[node][output] * NodeSizes.markChannels(format))
    }
    return arena.array(
      configuration.outputs.indices.map { output in
        let format = configuration.outputs[output].native
        let factor = input.map { format.pointee.denominator / $0.denominator } ?? 1
        return StepOutput(
          block: Block(blocks[output]), format: format, isAudio: format.pointee.kind == AUSCULT_AUDIO,
          isScore: format.pointee.kind == AUSCULT_SCORE, isStampedByNode: format.pointee.stamp == AUSCULT_STAMP_NODE,
          factor: factor, inputPeriod: (input?.period ?? 0) * factor,
          lookahead: format.pointee.lookahead, ownMarks: blocks[output].pointee.marks,
          learnedMarks: blocks[output].pointee.learned_marks,
          marks: input.flatMap {
            draft.hasMarks(format.pointee, $0) ? makeMarks(format.pointee, input: $0) : nil
          },
          generations: generations,
          progress: progress?[output], highest: draft.hasUnheardBands(node) ? Float(draft.highest[node]) : .infinity,
          watch: watches[output])
      })
  }

  private func makeMarks(_ format: auscult_format, input: auscult_format) -> UnsafeMutablePointer<MarkHistory> {
    let factor = format.denominator / input.denominator
    let isSame = draft.sharesMarks(node, format, input)
    let capacity = draft.incoming[node].map { draft.capacities[$0.from][$0.output] }.max() ?? 1
    let length = isSame ? 1 : NodeSizes.markLength(format, input: input, arriving: capacity)
    return arena.array([
      MarkHistory(
        rule: isSame ? .same : input.kind == AUSCULT_AUDIO ? .overlap : .within,
        ring: arena.array(UInt8.self, count: length * Int(format.channels)), mask: Int64(length - 1),
        channels: arena.array(Array(repeating: MarkedChannel(), count: Int(format.channels))),
        inputChannels: Int(input.channels), outputChannels: Int(format.channels),
        map: configuration.channelMap.isEmpty ? nil : UnsafePointer(arena.array(configuration.channelMap)),
        inputPeriod: input.period * factor, inputExtent: input.extent * factor, inputOffset: input.offset * factor,
        silentShare: format.kind == AUSCULT_AUDIO ? .max : Marks.share(format))
    ])
  }

  // MARK: Joins

  func makeJoin() -> UnsafeMutablePointer<Join> {
    let links = draft.incoming[node]
    let formats = links.map { draft.format($0)!.native }
    let common = formats.reduce(Int64(1)) { leastCommonMultiple($0, $1.pointee.denominator) }
    let latest = formats.map { $0.pointee.lookahead }.max() ?? 0
    let queues = links.indices.map { index in
      let format = formats[index].pointee
      let arriving = draft.capacities[links[index].from][links[index].output]
      return arena.queue(
        format, capacity: NodeSizes.waiting(format, until: latest, arriving: arriving),
        tokenBytes: Int(sources[index].pointee.token_stride), common: common)
    }
    let joined = links.indices.map { queues[$0].shown(as: sources[$0].pointee) }
    return arena.array([
      Join(
        inputCount: links.count, queues: arena.array(queues), joined: arena.array(joined),
        period: formats[0].pointee.period * (common / formats[0].pointee.denominator),
        mostTokens: links.map { draft.capacities[$0.from][$0.output] }.max() ?? 1)
    ])
  }
}

extension Arena {
  /// A block with room for `capacity` tokens, its heads and its marks.
  package func block(
    _ format: UnsafePointer<auscult_format>, capacity: Int, producer: UnsafePointer<auscult_producer>?
  ) -> UnsafeMutablePointer<auscult_block> {
    let isAudio = format.pointee.kind == AUSCULT_AUDIO
    let channels = Int(format.pointee.channels)
    let channelBytes = BlockRing.aligned(isAudio ? capacity * 4 : format.pointee.channelBytes)
    let payloadChannels = format.pointee.payloadChannels
    let markChannels = NodeSizes.markChannels(format.pointee)
    var block = auscult_block()
    block.size = UInt32(MemoryLayout<auscult_block>.size)
    block.capacity = UInt32(capacity)
    block.channel_stride = UInt32(channelBytes)
    block.token_stride = UInt32(isAudio ? 4 : channelBytes * payloadChannels)
    block.data = raw(bytes: isAudio ? channelBytes * channels : channelBytes * payloadChannels * capacity)
    block.heads = array(auscult_head.self, count: isAudio ? 1 : capacity)
    block.marks = markChannels == 0 ? nil : array(UInt8.self, count: capacity * markChannels)
    block.mark_token_stride = UInt32(isAudio ? 1 : markChannels)
    block.mark_channel_stride = UInt32(isAudio ? capacity : 1)
    block.complete = Int64.min
    block.end = Int64.max
    if format.pointee.kind == AUSCULT_SCORE { block.learned_marks = array(UInt8.self, count: channels) }
    block.format = format
    block.producer = producer
    return array([block])
  }

  /// A queue for waiting tokens. `common`: ticks per driver frame in which positions are compared.
  func queue(_ format: auscult_format, capacity: Int, tokenBytes: Int, common: Int64) -> JoinQueue {
    let isAudio = format.kind == AUSCULT_AUDIO
    let channels = Int(format.channels)
    let rounded = (capacity + 15) & ~15
    let markChannels = NodeSizes.markChannels(format)
    return JoinQueue(
      isAudio: isAudio, channels: channels, markChannels: markChannels, capacity: rounded, tokenBytes: tokenBytes,
      data: raw(bytes: isAudio ? rounded * 4 * channels : rounded * tokenBytes),
      heads: array(auscult_head.self, count: isAudio ? 1 : rounded),
      marks: array(UInt8.self, count: rounded * markChannels), scale: common / format.denominator,
      offset: format.offset, inputPeriod: format.period, extent: format.extent, ticks: common)
  }
}

extension JoinQueue {
  /// A block that shows the waiting tokens.
  func shown(as source: auscult_block) -> auscult_block {
    var block = source
    block.data = data
    block.heads = heads
    block.marks = markChannels == 0 ? nil : marks
    block.learned_marks = nil
    block.capacity = UInt32(capacity)
    block.channel_stride = isAudio ? UInt32(capacity * 4) : source.channel_stride
    block.mark_token_stride = UInt32(isAudio ? 1 : markChannels)
    block.mark_channel_stride = isAudio ? UInt32(capacity) : 1
    return block
  }
}

private func leastCommonMultiple(_ a: Int64, _ b: Int64) -> Int64 { a / greatestCommonDivisor(a, b) * b }
