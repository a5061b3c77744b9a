import Foundation
import GraphEngine
import GraphText
import LiveControl
import NodeHost
import TestSupport
import Testing

/// The parts of a live run other than the audio, with a graph file that runs by hand: the test feeds sound, and
/// controls the time.
final class HandLiveRun {
  static let rate = 48000

  let folder: TemporaryFolder
  let driver: HandDriver
  let changes: ChangeRunner
  let clock = ManualClock()
  let fileClock = ManualNanoseconds()
  private(set) var watch: GraphWatch?
  private(set) var quarantine: Quarantine?
  private(set) var events: [LiveEvent] = []
  private(set) var ended: [(request: ChangeRequest, record: ChangeRecord)] = []
  private var random = SeededRandom(seed: 5)

  var engine: Engine { driver.engine }
  var file: String { folder.path + "/graph.yaml" }

  /// A detector without a memory; `type` may be another one.
  static func graph(judge: String = judge(), bands: Int = 8, include: String = "") -> String {
    """
    graph: changed
    \(include)
    nodes:
      mic: { type: source, machines: [fan] }
      louder: { type: gain, gain: 1 }
      stft: { type: stft, length: 512, hop: 256 }
      mel: { type: mel, bands: \(bands) }
      slices: { type: slicer, length: 5 frames, hop: 2 frames }
      judge: { \(judge) }
      log: { type: sink.jsonl, path: log.jsonl }
    links: mic -> louder -> stft -> mel -> slices -> judge -> log
    """
  }

  static func judge(weight: Int = 1) -> String {
    "type: test.judge, library: \(BuildFolder.path)/libtestplugin-judge.so, weight: \(weight)"
  }

  /// - Parameters:
  ///   - files: of the graph's folder, by name; `graph.yaml` is the graph.
  ///   - prepare: called with the folder before the graph is read.
  init(
    _ files: [String: String] = ["graph.yaml": graph()],
    catalog: (TemporaryFolder) -> PluginCatalog = { _ in TestPlugins.catalog },
    prepare: (TemporaryFolder) throws -> Void = { _ in }
  ) throws {
    folder = try TemporaryFolder()
    for (name, text) in files { try folder.write(name, text) }
    try prepare(folder)
    let catalog = catalog(folder)
    let path = folder.path + "/graph.yaml"
    let options = GraphOptions(workingDirectory: folder.path)
    let graph = try Graph.load(file: path, catalog: catalog, options: options).graph
    driver = try HandDriver(Engine(graph: graph), rate: Self.rate)
    let source = GraphSource(file: path, overrides: [], graph: graph, workingDirectory: folder.path)
    let list = EndedChanges()
    changes = ChangeRunner(
      driver.engine, catalog: catalog, source: source, rate: Self.rate, now: { [clock] in clock.now },
      ended: { list.add($0, $1) })
    list.add = { [unowned self] in ended.append(($0, $1)) }
    quarantine = Quarantine(changes, driver.engine) { [unowned self] in events.append($0) }
  }

  deinit {
    driver.engine.stop()
    folder.remove()
  }

  /// Begins to watch its files and libraries.
  func beginWatching(files: Bool = true, libraries: Bool = false) throws {
    var options = GraphWatch.Options()
    options.watchesFiles = files
    options.watchesLibraries = libraries
    options.now = { [fileClock] in fileClock.now }
    watch = try GraphWatch(changes, engine, options: options) { [unowned self] in events.append($0) }
  }

  // MARK: Time

  /// One poll: some sound, then the control thread's work.
  func poll(frames: Int = 1000) {
    driver.feed(random.noise(frames: frames), period: 250)
    engine.drain()
    engine.service()
    watch?.look()
    quarantine?.look()
    changes.service()
  }

  /// Ticks until the condition holds; at most half a minute of sound.
  func run(until isTrue: () -> Bool, _ location: Testing.SourceLocation = #_sourceLocation) {
    for _ in 0..<1500 {
      if isTrue() { return }
      poll()
      // A process that another test starts holds a file that is being written until it runs its program. Then the event of
      // the save comes late, and the time without a save begins anew.
      fileClock.advance(milliseconds: 1)
    }
    Issue.record("it never came", sourceLocation: location)
  }

  // MARK: Changes

  func submit(_ kind: ChangeRequest.Kind, _ node: String = "", _ values: String...) throws -> Int {
    var request = ChangeRequest(kind)
    request.node = node
    request.values = values
    return try changes.queue.submit(request)
  }

  func record(_ id: Int) throws -> ChangeRecord { try #require(changes.queue.record(id)) }

  /// Ticks until a change has ended.
  func finish(_ id: Int, _ location: Testing.SourceLocation = #_sourceLocation) throws -> ChangeRecord {
    run(until: { isOver(id) }, location)
    return try record(id)
  }

  /// Asks for a change and runs until it has ended.
  func finish(
    _ kind: ChangeRequest.Kind, _ node: String = "", _ values: String...,
    location: Testing.SourceLocation = #_sourceLocation
  ) throws -> ChangeRecord {
    var request = ChangeRequest(kind)
    request.node = node
    request.values = values
    return try finish(changes.queue.submit(request), location)
  }

  private func isOver(_ id: Int) -> Bool {
    let state = changes.queue.record(id)?.state
    return state == .done || state == .failed
  }

  /// A number of a node of the graph that runs.
  func value(_ node: String, _ parameter: String) -> Double? {
    let value = engine.graph.nodes.first { $0.name == node }?.argument(parameter)?.value
    return if case .number(let number, _, _)? = value { number } else { nil }
  }

  func className(_ node: String) -> String? { engine.graph.nodes.first { $0.name == node }?.nodeClass.name }
}

/// Exists before the run, and keeps its messages.
private final class EndedChanges {
  var add: (ChangeRequest, ChangeRecord) -> Void = { _, _ in }
}
