import CNodeABI
import RealtimeCore

/// A compiled graph: the steps of the realtime thread, those of the workers, and the links between them. It is
/// immutable. State that changes while it runs lies behind pointers, and one thread owns each.
final class Schedule: @unchecked Sendable {
  /// In the order they run in.
  let nodes: [LinkedRuntime]
  let realtime: UnsafeMutablePointer<RealtimeSchedule>
  let links: [RingLink.Key: RingLink]
  /// Rings that the realtime thread pushes into.
  let realtimeLinks: [RingLink]
  /// The steps of the nodes on the realtime thread, by runtime number.
  private let steps: [Int32: UnsafeMutablePointer<Step>]
  private let stepLinks: [Int32: (list: UnsafeMutablePointer<StepLink>, count: Int)]
  let point: UnsafeMutablePointer<SwapPoint>?
  private let arena: Arena

  init(_ builder: ScheduleBuilder) {
    nodes = builder.nodes
    realtime = builder.realtime!
    links = builder.links
    realtimeLinks = builder.realtimeLinks
    steps = builder.steps
    stepLinks = builder.stepLinks
    point = builder.point
    arena = builder.arena
  }

  deinit {
    point?.deinitialize(count: 1)
    point?.deallocate()
  }

  /// The nodes of the graph, without taps.
  var graphNodes: [LinkedRuntime] { nodes.filter { !$0.isTap } }

  var workers: [WorkerStep] { nodes.compactMap(\.runtime.worker) }

  func step(_ runtime: NodeRuntime) -> UnsafeMutablePointer<Step> { runtime.worker?.step ?? steps[runtime.number]! }

  /// Bytes of a node: its blocks, its join queues, the rings after it, and the memory that its class declares.
  func memory(_ runtime: NodeRuntime) -> Int {
    runtime.arena.bytes + runtime.configuration.memory
      + links.filter { $0.key.from == runtime.number }.reduce(0) { $0 + $1.value.ring.pointee.capacity }
  }

  /// Of all nodes.
  var memory: Int { nodes.reduce(0) { $0 + memory($1.runtime) } }

  /// The links that feed a node on a worker.
  func links(to worker: WorkerStep) -> [RingLink] {
    let numbers = nodes.filter { $0.runtime.worker === worker }.map(\.runtime.number)
    return links.filter { numbers.contains($0.key.to) }.map(\.value)
  }

  /// Connects the workers to the links of this schedule. During a swap their inputs also get the links that take over
  /// at the point. Without a swap, the current links stay.
  ///
  /// Thread: control. Before the realtime thread takes a schedule with a point; after it has taken one without.
  func connectWorkers() {
    for node in nodes { node.runtime.worker?.modify { connect($0, node) } }
  }

  /// The same for a schedule without a point whose links stay, if no node is in a long call.
  ///
  /// - Parameter patience: seconds to wait for each node.
  /// - Returns: false if a node did not return: then no worker is connected.
  func connectWorkers(patience: Double) -> Bool {
    WorkerStep.modify(workers, patience: patience) {
      for node in nodes { if let worker = node.runtime.worker { connect(worker, node) } }
    }
  }

  private func connect(_ worker: WorkerStep, _ node: LinkedRuntime) {
    worker.schedule = self
    let own = stepLinks[node.runtime.number]!
    worker.step.pointee.links = own.list
    worker.step.pointee.linkCount = own.count
    for (index, input) in node.inputs.enumerated() {
      if worker.inputs.count <= index {
        worker.inputs.append(WorkerInput(side(input.from, node, index)))
      }
      if let point, input.changesOver {
        worker.inputs[index].beginSwap(side(input.other, node, index), at: point)
      } else if point == nil {
        worker.inputs[index].endSwap()
      }
    }
  }

  private func side(_ feed: LinkedRuntime.Feed?, _ node: LinkedRuntime, _ index: Int) -> WorkerInput.InputRing {
    guard let feed else { return WorkerInput.InputRing() }
    let key = RingLink.Key(
      from: feed.runtime.number, output: feed.output, to: node.runtime.number, input: index)
    return WorkerInput.InputRing(link: links[key], grid: feed.grid)
  }
}
