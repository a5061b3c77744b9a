import CNodeABI
import GraphCompiler
import RealtimeCore

/// A running node: its instance, its blocks, and the state that it keeps from schedule to schedule. It lives as long as
/// a schedule that contains it.
///
/// Thread: control. The memory behind the pointers belongs to the thread that runs the node.
final class NodeRuntime: @unchecked Sendable {
  /// The node's number in the engine. It is never used again.
  let number: Int32
  let instance: NodeInstance
  let configuration: Configuration
  let placement: ScheduleDraft.Placement
  let capacities: [Int]
  /// Formats of its linked inputs, in their order.
  let inputFormats: [FormatRecord]
  let blocks: [UnsafeMutablePointer<auscult_block>]
  let outputs: UnsafeMutablePointer<StepOutput>
  let progress: [UnsafeMutablePointer<Progress>]
  /// For each output with scores or events: a summary of its tokens.
  let watches: [OutputWatch?]
  let state: NodeState
  let join: UnsafeMutablePointer<Join>?
  let isIndependent: Bool
  /// It judges, and gets no tokens with padding.
  let isJudge: Bool
  let arena: Arena
  /// For a node on a worker: the call of `process` in progress, and whether it was taken away.
  let call: UnsafeMutablePointer<WorkerCall>
  /// For a node on a worker.
  var worker: WorkerStep?

  var name: String { instance.node.name }
  var node: Graph.Node { instance.node }

  /// - Parameters:
  ///   - sources: the blocks that its inputs come from, for their strides.
  ///   - isWatched: whether the control thread follows its progress.
  /// - Throws: if there is not enough memory.
  init(
    number: Int32, _ draft: ScheduleDraft, node: Int, generations: Generations,
    sources: [UnsafeMutablePointer<auscult_block>], isWatched: Bool
  ) throws(NodeFailure) {
    self.number = number
    instance = draft.instances[node]!
    configuration = draft.configurations[node]!
    placement = draft.placement[node]
    capacities = draft.capacities[node]
    let links = draft.incoming[node]
    inputFormats = links.map { draft.format($0)! }
    let inputs = instance.nodeClass.inputs
    isIndependent = links.contains { inputs[$0.input].flags.contains(.independent) }
    isJudge =
      instance.nodeClass.traits.contains(.detector) || links.contains { inputs[$0.input].flags.contains(.heard) }
    let maker = RuntimeMaker(draft, node: node, sources: sources)
    arena = maker.arena
    let size = added(draft.sizes[node].blocks, draft.sizes[node].joins)
    guard arena.reserve(bytes: size) else { throw NodeFailure.memory(size) }
    blocks = maker.makeBlocks()
    progress = blocks.map { _ in
      let progress = UnsafeMutablePointer<Progress>.allocate(capacity: 1)
      progress.initialize(to: Progress())
      return progress
    }
    watches = configuration.outputs.map { OutputWatch($0) }
    outputs = maker.makeOutputs(
      blocks, generations: generations, progress: isWatched ? progress : nil, watches: watches)
    state = NodeState()
    call = .allocate(capacity: 1)
    call.initialize(to: WorkerCall())
    join = links.count > 1 && !isIndependent ? maker.makeJoin() : nil
  }

  /// Configures the instance as before, so that it can be activated again.
  ///
  /// - Parameter memory: bytes that it may use.
  func configureAgain(_ node: LinkedRuntime, rate: Int, memory: Int) throws {
    let inputs = zip(node.inputs, inputFormats).map { input, format in
      ConfiguredInput(format: format, port: input.port, node: input.from?.runtime.name ?? "")
    }
    _ = try instance.configure(rate: rate, quantum: Compiler.quantum, inputs: inputs, memory: memory)
  }

  deinit {
    state.deallocate()
    call.deinitialize(count: 1)
    call.deallocate()
    for watch in watches { watch?.free() }
    for progress in progress {
      progress.deinitialize(count: 1)
      progress.deallocate()
    }
  }
}
