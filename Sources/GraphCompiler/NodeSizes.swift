import CNodeABI
import NumberText
import RealtimeCore

/// Bytes that a node needs while it runs, computed before any are allocated. The layout must match `RuntimeMaker` and
/// `ScheduleBuilder`.
package struct NodeSizes {
  /// Its outputs: tokens, heads, marks and histories of marks.
  package var blocks = 0
  /// Join queues of its inputs.
  package var joins = 0
  /// Rings after it.
  package var queues = 0
  /// Memory that its class declares.
  var own = 0

  package var total: Int { [blocks, joins, queues, own].reduce(0, added) }

  /// The most tokens of one call. More is a mistake, and would leave the sums below without a bound.
  static let mostTokens = 1 << 26
  /// The most bytes of one block: the limit of its fields.
  static let mostBlock = Int(UInt32.max)
}

// MARK: Parts

extension NodeSizes {
  /// Channels that have marks. An event is about one channel and has no marks.
  package static func markChannels(_ format: auscult_format) -> Int {
    format.kind == AUSCULT_EVENT ? 0 : Int(format.channels)
  }

  /// Bytes of a block with room for `capacity` tokens, including heads and marks.
  package static func block(_ format: auscult_format, capacity: Int) -> Int {
    let isAudio = format.kind == AUSCULT_AUDIO
    let channel = BlockRing.aligned(isAudio ? capacity * 4 : format.channelBytes)
    let data = channel * format.payloadChannels * (isAudio ? 1 : capacity)
    return Arena.size(data) + Arena.size((isAudio ? 1 : capacity) * MemoryLayout<auscult_head>.stride)
      + Arena.size(capacity * markChannels(format)) + Arena.size(MemoryLayout<auscult_block>.stride)
  }

  /// Bytes of a queue of waiting tokens, including the block that shows them.
  static func queue(_ format: auscult_format, capacity: Int) -> Int { block(format, capacity: (capacity + 15) & ~15) }

  /// Bytes for the last change of a channel's marks.
  static let markedChannel = 16

  /// Number of input tokens whose marks are kept: as many as a token covers, plus those that may arrive at once, plus
  /// those that the node may hold back.
  package static func markLength(_ format: auscult_format, input: auscult_format, arriving: Int) -> Int {
    let factor = max(1, format.denominator / input.denominator)
    let held = Double(format.lookahead - input.lookahead) * Double(input.denominator) / Double(input.period)
    let reach =
      (Double(format.extent) + abs(Double(format.offset) - Double(input.offset) * Double(factor)))
      / (Double(input.period) * Double(factor))
    let needed = reach + held + 2 * Double(arriving) + 16
    guard needed < 1e12 else { return 1 << 40 }
    var length = 64
    while length < Int(needed) + 1 { length *= 2 }
    return length
  }

  /// Tokens that can wait for a partner.
  package static func waiting(_ format: auscult_format, until latest: Int64, arriving: Int) -> Int {
    let late = Double(latest - format.lookahead) * Double(format.denominator) / Double(format.period)
    return Int(min(late, 1e12)) + 2 + 3 * arriving
  }

  /// Bytes of a ring between two threads, and the most that one call pushes into it. It has room for `queueSeconds` of
  /// the stream in cycles of 64 frames, and in any case for what a long cycle pushes.
  package static func ring(_ format: auscult_format, capacity: Int, _ limits: QueueLimits) -> (bytes: Int, most: Int) {
    let record = { (count: Int) in
      BlockRing.recordBytes(
        kind: format.kind, count: count, channels: Int(format.channels), channelBytes: format.channelBytes)
    }
    let smallestCycle = 64.0
    let perCycle = min(
      mostTokens, max(1, Int(min(1e12, (smallestCycle / Double(format.driver_rate) * format.rate).rounded(.up)))))
    let records = min(format.rate / Double(perCycle), Double(format.driver_rate) / smallestCycle) * limits.seconds
    let wanted = Int(min((records.rounded(.down) * Double(record(perCycle))), Double(limits.bytes)))
    let most = record(capacity)
    return (max(wanted, 2 * (Compiler.quantaPerWait + 2) * most + 4096), most)
  }
}

extension Compiler {
  /// Adds up what every node needs, and refuses nodes that need too much. Nothing is allocated yet.
  package static func sizes(_ draft: inout ScheduleDraft) {
    draft.sizes = Array(repeating: NodeSizes(), count: draft.graph.nodes.count)
    for index in draft.order where draft.kept[index] == nil {
      guard checkTokens(&draft, node: index) else { continue }
      draft.sizes[index].own = draft.configurations[index]!.memory
      draft.sizes[index].blocks = blockBytes(draft, node: index)
      draft.sizes[index].joins = joinBytes(draft, node: index)
    }
    guard !draft.diagnostics.contains(where: { $0.severity == .error }) else { return }
    for index in draft.order where draft.placement[index] == .worker {
      for link in draft.incoming[index] where draft.kept[index] == nil || draft.kept[link.from] == nil {
        let ring = NodeSizes.ring(
          draft.format(link)!.format, capacity: draft.capacities[link.from][link.output],
          draft.options.queues(to: draft.graph.nodes[index].name))
        draft.sizes[link.from].queues = added(draft.sizes[link.from].queues, ring.bytes)
      }
    }
    checkLimit(&draft)
  }

  /// Refuses more tokens than a block can hold with any memory.
  private static func checkTokens(_ draft: inout ScheduleDraft, node index: Int) -> Bool {
    for (output, record) in draft.configurations[index]!.outputs.enumerated() {
      let format = record.format
      let capacity = draft.capacities[index][output]
      let token = BlockRing.aligned(format.channelBytes) * format.payloadChannels
      guard capacity > NodeSizes.mostTokens || capacity * token > NodeSizes.mostBlock * 64 else { continue }
      let limit =
        capacity > NodeSizes.mostTokens ? "\(NodeSizes.mostTokens) tokens" : NumberText.bytes(NodeSizes.mostBlock * 64)
      draft.error(
        "memory",
        tooMuch(
          draft, index,
          "would yield up to \(capacity) tokens of \(NumberText.bytes(token)) in one call, more than the limit of "
            + limit),
        at: draft.graph.nodes[index].location)
      return false
    }
    return true
  }

  package static func blockBytes(_ draft: ScheduleDraft, node index: Int) -> Int {
    let input = draft.incoming[index].first.map { draft.format($0)!.format }
    let arriving = draft.incoming[index].map { draft.capacities[$0.from][$0.output] }.max() ?? 1
    return draft.configurations[index]!.outputs.enumerated().reduce(0) { sum, entry in
      let format = entry.element.format
      var bytes = NodeSizes.block(format, capacity: draft.capacities[index][entry.offset])
      if let input, draft.keepsMarks(index, format, input) {
        bytes = added(
          bytes, Arena.size(NodeSizes.markLength(format, input: input, arriving: arriving) * Int(format.channels)))
        bytes = added(bytes, Arena.size(NodeSizes.markedChannel * Int(format.channels)))
      }
      return added(sum, bytes)
    }
  }

  private static func joinBytes(_ draft: ScheduleDraft, node index: Int) -> Int {
    let links = draft.incoming[index]
    let ports = draft.graph.nodes[index].nodeClass.inputs
    guard links.count > 1, !links.contains(where: { ports[$0.input].flags.contains(.independent) }) else { return 0 }
    let latest = links.map { draft.format($0)!.format.lookahead }.max() ?? 0
    return links.reduce(0) { sum, link in
      let format = draft.format(link)!.format
      let waiting = NodeSizes.waiting(
        format, until: latest, arriving: draft.capacities[link.from][link.output])
      guard waiting <= NodeSizes.mostTokens else { return Int.max }
      return added(sum, NodeSizes.queue(format, capacity: waiting))
    }
  }

  private static func checkLimit(_ draft: inout ScheduleDraft) {
    let total = draft.sizes.reduce(0) { added($0, $1.total) }
    let running = draft.running?.memory ?? 0
    let limit = draft.limit
    guard total > limit else { return }
    var largest = draft.order.filter { draft.sizes[$0].total > limit }
    if largest.isEmpty {
      largest = draft.order.max { draft.sizes[$0].total < draft.sizes[$1].total }.map { [$0] } ?? []
    }
    for index in largest {
      let size = draft.sizes[index]
      var text = "needs \(NumberText.bytes(size.total))"
      if NumberText.bytes(size.total) != NumberText.bytes(total) {
        text += " of the graph's \(NumberText.bytes(total))"
      }
      let parts = [
        ("tokens", size.blocks), ("queues", size.queues), ("inputs that wait", size.joins), ("own", size.own),
      ]
      .filter { $0.1 >= size.total / 10 }.map { "\($0.0) \(NumberText.bytes($0.1))" }
      if parts.count > 1 { text += " (\(parts.joined(separator: ", ")))" }
      text +=
        "; \(running > 0 ? "besides the running graph, " : "")\(NumberText.bytes(limit)) are allowed (\(draft.options.memory.reason))"
      draft.error("memory", tooMuch(draft, index, text), at: draft.graph.nodes[index].location)
    }
  }

  /// The message: what is wrong with a node's size, and what to change.
  private static func tooMuch(_ draft: ScheduleDraft, _ index: Int, _ text: String) -> String {
    let node = draft.graph.nodes[index]
    let sizes = node.arguments.filter { argument in
      guard argument.location != nil, let parameter = node.nodeClass.parameter(argument.name) else { return false }
      return parameter.kind == .integer || parameter.units.contains(.sample)
    }.map { "'\($0.name)'" }
    let advice =
      sizes.isEmpty
      ? "make its input smaller" : "change \(sizes.joined(separator: ", ")) or its input"
    return "node '\(node.name)' (\(node.nodeClass.name)) \(text): \(advice), or allow more with --memory"
  }
}

/// A sum that is Int.max if it would overflow.
package func added(_ a: Int, _ b: Int) -> Int {
  let (sum, overflows) = a.addingReportingOverflow(b)
  return overflows ? Int.max : sum
}
