import CNodeABI
import GraphCompiler
import GraphText
import RealtimeCore

/// Builds a schedule over existing nodes. Thread: control.
final class ScheduleBuilder {
  let nodes: [LinkedRuntime]
  /// For locations in its file.
  private let graph: Graph
  let options: EngineOptions
  private let stalls: StallWatch
  let quantum: Int
  let point: UnsafeMutablePointer<SwapPoint>?
  let arena = Arena()
  private(set) var realtime: UnsafeMutablePointer<RealtimeSchedule>?
  private(set) var links: [RingLink.Key: RingLink] = [:]
  private(set) var realtimeLinks: [RingLink] = []
  private(set) var steps: [Int32: UnsafeMutablePointer<Step>] = [:]
  private(set) var stepLinks: [Int32: (list: UnsafeMutablePointer<StepLink>, count: Int)] = [:]
  private let rate: Int
  private let channels: ChannelTables
  private let tunings: [TuneEntry]
  /// Links that the control thread reads, in the order of the request.
  private(set) var observed: [RingLink] = []
  private let clock: UnsafeMutablePointer<auscult_clock>
  private var inputChannels: [ExternalChannel] = []
  private var outputChannels: [ExternalChannel] = []
  private let externalInputs: UnsafeMutablePointer<UnsafePointer<Float>?>
  private let externalConnected: UnsafeMutablePointer<UInt8>
  private let externalOutputs: UnsafeMutablePointer<UnsafeMutablePointer<Float>?>

  /// - Parameters:
  ///   - nodes: in the order in which they run.
  ///   - previous: the schedule whose rings are used again for links that stay.
  ///   - isSwap: the schedule is for the time of a swap, and has a point.
  /// - Throws: a diagnostic at the node before a queue, if there is not enough memory for the queue.
  init(
    _ nodes: [LinkedRuntime], of graph: Graph, options: EngineOptions, stalls: StallWatch, quantum: Int, rate: Int,
    channels: ChannelTables,
    previous: Schedule? = nil,
    isSwap: Bool = false, tunings: [TuneEntry] = [], observed: [LinkedRuntime.Feed] = []
  ) throws(DiagnosticsError) {
    self.graph = graph
    self.tunings = tunings
    self.rate = rate
    self.nodes = nodes
    self.options = options
    self.stalls = stalls
    self.quantum = quantum
    self.channels = channels
    if isSwap {
      let point = UnsafeMutablePointer<SwapPoint>.allocate(capacity: 1)
      point.initialize(to: SwapPoint())
      self.point = point
    } else {
      point = nil
    }
    clock = arena.array([auscult_clock()])
    // A stream may end before its first cycle. Nodes then use this memory instead of the driver's samples.
    let (spareInput, spareOutput) = (arena.array(Float.self, count: 16), arena.array(Float.self, count: 16))
    let inputCount = nodes.reduce(0) { $0 + $1.runtime.configuration.externalInputs }
    externalInputs = arena.array(Array(repeating: UnsafePointer(spareInput), count: inputCount))
    externalConnected = arena.array(Array(repeating: 1, count: inputCount))
    externalOutputs = arena.array(
      Array(repeating: spareOutput, count: nodes.reduce(0) { $0 + $1.runtime.configuration.externalOutputs }))
    for node in self.nodes { try makeLinks(node, previous: previous) }
    for (index, feed) in observed.enumerated() { try makeObservedLink(feed, index) }
    for node in self.nodes { makeStepLinks(node) }
    makeRealtime()
    for node in self.nodes where node.runtime.placement == .worker && node.runtime.worker == nil { makeWorker(node) }
  }

  // MARK: Links

  /// A ring for every link that enters a worker.
  private func makeLinks(_ node: LinkedRuntime, previous: Schedule?) throws(DiagnosticsError) {
    guard node.runtime.placement == .worker else { return }
    for (index, input) in node.inputs.enumerated() {
      for feed in [input.from, input.other].compactMap({ $0 }) {
        let key = RingLink.Key(
          from: feed.runtime.number, output: feed.output, to: node.runtime.number, input: index)
        let link: RingLink
        if let before = previous?.links[key] { link = before } else { link = try makeLink(feed, to: node) }
        links[key] = link
        if feed.runtime.placement == .realtime { realtimeLinks.append(link) }
      }
    }
  }

  private func makeObservedLink(_ feed: LinkedRuntime.Feed, _ index: Int) throws(DiagnosticsError) {
    let link = try makeLink(feed, to: nil)
    links[RingLink.Key(from: feed.runtime.number, output: feed.output, to: -1, input: index)] = link
    observed.append(link)
  }

  private func makeLink(_ feed: LinkedRuntime.Feed, to node: LinkedRuntime?) throws(DiagnosticsError) -> RingLink {
    let (bytes, most) = NodeSizes.ring(
      feed.runtime.configuration.outputs[feed.output].format, capacity: feed.runtime.capacities[feed.output],
      node.map { options.compiler.queues(to: $0.name) } ?? options.compiler.queues)
    do {
      return try RingLink(
        bytes: bytes, mostBytes: most, from: feed.runtime, output: feed.output, to: node?.runtime,
        isLossy: node?.isLossy ?? true)
    } catch {
      throw DiagnosticsError([graph.diagnostic(error, node: feed.runtime.node)])
    }
  }

  private func makeStepLinks(_ node: LinkedRuntime) {
    let leaving = links.filter { $0.key.from == node.runtime.number }
      .sorted {
        ($0.key.output, $0.value.toName, $0.key.to, $0.key.input) < (
          $1.key.output, $1.value.toName, $1.key.to, $1.key.input
        )
      }
    stepLinks[node.runtime.number] = (
      arena.array(leaving.map { StepLink(output: $0.key.output, producer: $0.value.producer) }), leaving.count
    )
  }

  // MARK: Steps

  /// - Parameters:
  ///   - inputs: the blocks that the step reads; with a join, the joined blocks.
  ///   - joinSources: on the realtime thread, the blocks that are joined.
  private func makeStep(
    _ node: LinkedRuntime, in arena: Arena, inputs: UnsafeMutablePointer<UnsafePointer<auscult_block>?>,
    joinSources: UnsafeMutablePointer<UnsafePointer<auscult_block>?>? = nil,
    splices: InputSplices, clock: UnsafeMutablePointer<auscult_clock>
  ) -> Step {
    let runtime = node.runtime
    let configuration = runtime.configuration
    let own = stepLinks[runtime.number]!
    let sources = inputs
    let heard = runtime.isJudge ? arena.array(node.inputs.map { block($0.from ?? $0.other!).pointee }) : nil
    let inputs =
      heard.map { views in arena.array(node.inputs.indices.map { Optional(UnsafePointer(views + $0)) }) } ?? inputs
    let cycle = arena.array([
      auscult_cycle(
        size: UInt32(MemoryLayout<auscult_cycle>.size), input_count: UInt32(node.inputs.count),
        output_count: UInt32(runtime.blocks.count), reserved: 0, inputs: UnsafePointer(inputs),
        outputs: UnsafePointer(arena.array(runtime.blocks.map { Optional($0) })), clock: UnsafePointer(clock),
        external_inputs: UnsafePointer(externalInputs + inputChannels.count),
        external_outputs: UnsafePointer(externalOutputs + outputChannels.count), failure: nil,
        external_connected: UnsafePointer(externalConnected + inputChannels.count))
    ])
    return Step(
      nodeClass: runtime.instance.native, instance: runtime.instance.pointer, node: runtime.number,
      name: UnsafePointer(runtime.instance.host.nodeText), isSource: node.inputs.isEmpty,
      mayBePlain: mayBePlain(node, splices),
      isIndependent: runtime.isIndependent,
      marksOldBitsOnly: node.inputs.isEmpty && !runtime.instance.nodeClass.library.marksInputs,
      isWatchful: runtime.instance.nodeClass.traits.contains(.watchful), inputCount: node.inputs.count,
      outputCount: runtime.blocks.count,
      cycle: cycle, sources: sources, inputs: inputs, heard: heard, outputs: runtime.outputs, join: runtime.join,
      joinSources: joinSources, splices: splices,
      externalInputCount: configuration.externalInputs, externalOutputBase: outputChannels.count,
      externalOutputCount: configuration.externalOutputs,
      isMeasured: isMeasured(node), state: runtime.state,
      call: runtime.placement == .worker ? runtime.call : nil, links: own.list,
      linkCount: own.count)
  }

  /// Whether a node's calls on the realtime thread can take the short way.
  private func mayBePlain(_ node: LinkedRuntime, _ splices: InputSplices) -> Bool {
    let runtime = node.runtime
    guard node.inputs.count == 1, splices.count == 0, !runtime.isJudge, !isMeasured(node), runtime.blocks.count == 1
    else { return false }
    let output = runtime.outputs.pointee
    return !output.isScore && !output.isStampedByNode && output.watch == nil
      && (output.progress == nil || point == nil)
  }

  private func isMeasured(_ node: LinkedRuntime) -> Bool {
    options.isMeasured || node.runtime.placement == .worker || node.side != .both
  }

  private func makeRealtime() {
    let order = nodes.filter { $0.runtime.placement == .realtime }
    let list = arena.array(
      order.map { node in
        let sources = arena.array(node.inputs.map { Optional(block($0.from ?? $0.other!)) })
        let join = node.runtime.join
        let inputs =
          join.map { join in arena.array(node.inputs.indices.map { Optional(UnsafePointer(join.pointee.joined + $0)) })
          }
          ?? sources
        let step = makeStep(
          node, in: arena, inputs: inputs, joinSources: join == nil ? nil : sources,
          splices: makeSplices(node, slots: sources), clock: clock)
        addChannels(node)
        return step
      })
    for (place, node) in order.enumerated() { steps[node.runtime.number] = list + place }
    let watched = order.indices.filter { list[$0].outputCount > 0 }
    let places = arena.array(watched.map { ValueWatch.Place(step: list + $0, next: nil, seen: 0) })
    realtime = arena.array([
      RealtimeSchedule(
        steps: list, stepCount: order.count, clock: clock, externalInputs: externalInputs,
        externalConnected: externalConnected,
        externalOutputs: externalOutputs,
        inputChannels: UnsafePointer(arena.array(inputChannels)), inputChannelCount: inputChannels.count,
        outputChannels: UnsafePointer(arena.array(outputChannels)), outputChannelCount: outputChannels.count,
        point: point, tunings: UnsafePointer(arena.array(tunings)), tuningCount: tunings.count, quantum: quantum,
        rate: Float(rate),
        silence: UnsafePointer(arena.array(Float.self, count: quantum)),
        waste: arena.array(Float.self, count: quantum), values: ValueWatch(places, count: watched.count))
    ])
  }

  private func block(_ feed: LinkedRuntime.Feed) -> UnsafePointer<auscult_block> {
    UnsafePointer(feed.runtime.blocks[feed.output])
  }

  private func addChannels(_ node: LinkedRuntime) {
    let configuration = node.runtime.configuration
    for channel in 0..<configuration.externalInputs {
      inputChannels.append(
        ExternalChannel(index: channels.inputs.index(node: node.name, channel: channel), side: node.side))
    }
    for channel in 0..<configuration.externalOutputs {
      outputChannels.append(
        ExternalChannel(index: channels.outputs.index(node: node.name, channel: channel), side: node.side))
    }
  }

  private func makeSplices(
    _ node: LinkedRuntime, slots: UnsafeMutablePointer<UnsafePointer<auscult_block>?>
  ) -> InputSplices {
    var list: [InputSplice] = []
    for (index, input) in node.inputs.enumerated() {
      guard let point, let from = input.from else { continue }
      guard from.grid > 0 || (input.changesOver && input.other != nil) else { continue }
      let source = block(from).pointee
      let format = from.runtime.configuration.outputs[from.output].format
      let other = input.other.map { $0.runtime.capacities[$0.output] } ?? 0
      let late = input.other.map {
        max(0, format.lookahead - $0.runtime.configuration.outputs[$0.output].format.lookahead)
      }
      let waiting = Int((late ?? 0) * format.denominator / format.period) + 3 * other + 16
      let out = queue(format, source, capacity: from.runtime.capacities[from.output] + waiting + other)
      let waitingQueue = queue(format, source, capacity: waiting)
      list.append(
        InputSplice(
          slot: slots + index, source: block(from), other: input.other.map(block), point: point, grid: from.grid,
          out: out, shown: arena.array([out.shown(as: source)]), waiting: waitingQueue,
          waitingShown: arena.array([waitingQueue.shown(as: source)])))
    }
    return InputSplices(list: arena.array(list), count: list.count)
  }

  private func queue(_ format: auscult_format, _ source: auscult_block, capacity: Int) -> JoinQueue {
    arena.queue(format, capacity: capacity, tokenBytes: Int(source.token_stride), common: format.denominator)
  }

  // MARK: Workers

  private func makeWorker(_ node: LinkedRuntime) {
    let runtime = node.runtime
    let inputs = runtime.arena.array(UnsafePointer<auscult_block>?.self, count: node.inputs.count)
    if let join = runtime.join {
      for index in node.inputs.indices { inputs[index] = UnsafePointer(join.pointee.joined + index) }
    }
    let clock = runtime.arena.array([auscult_clock()])
    runtime.worker = WorkerStep(
      step: runtime.arena.array([
        makeStep(
          node, in: runtime.arena, inputs: inputs, splices: InputSplices(list: arena.array([]), count: 0), clock: clock)
      ]),
      clock: UnsafePointer(clock), name: runtime.name, services: runtime.instance.host.services,
      stalls: stalls, waiting: makeWaiting(runtime, inputs: node.inputs.count))
  }

  /// A node that judges each token of one input by a model, and has declared room for the scores of several. A node that
  /// learns gets its tokens one by one: it says after each call how far it has learned.
  private func makeWaiting(_ runtime: NodeRuntime, inputs: Int) -> WaitingTokens? {
    let configuration = runtime.configuration
    guard runtime.isJudge, configuration.model != nil, inputs == 1, runtime.join == nil,
      configuration.outputs.count == 1,
      configuration.bursts[0] > 1, runtime.outputs[0].marks.map({ $0.pointee.rule == .same }) ?? true
    else { return nil }
    return WaitingTokens(
      channels: Int(runtime.inputFormats[0].format.channels), limit: configuration.bursts[0], arena: runtime.arena)
  }
}
