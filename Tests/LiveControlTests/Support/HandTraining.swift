import Foundation
import GraphEngine
import GraphText
import LiveControl
import Synchronization
import TestSupport
import Testing
import Training

/// A live training by hand: the test feeds sound, and waits for learning.
final class HandTraining {
  static let rate = 16000

  let folder: TemporaryFolder
  let task: LiveTrainingTask
  let driver: HandDriver
  private(set) var events: [LearningEvent] = []
  private(set) var isStopped = false
  private let changes = DispatchSemaphore(value: 0)
  private var random = SeededRandom(seed: 3)

  var engine: Engine { driver.engine }
  var model: String { folder.path + "/model.safetensors" }
  var isWritten: Bool { FileManager.default.fileExists(atPath: model) }

  private static let graph = """
    graph: trained
    nodes:
      mic: { type: source, machines: [fan] }
      stft: { type: stft, length: 512, hop: 256, center: false }
      mel: { type: mel, bands: 8 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 4 frames, hop: 100 % }
      judge: { type: test.c.descent, library: LIBRARY, epochs: 20, rate: 0.1, model: model.safetensors }
      log: { type: sink.jsonl, path: log.jsonl }
    links: mic -> stft -> mel -> level -> slices -> judge -> log
    """

  init(fill: (inout LiveTrainingTask.Options) -> Void = { _ in }) throws {
    folder = try TemporaryFolder()
    let text = Self.graph.replacing("LIBRARY", with: "\(BuildFolder.path)/libtestplugin-detector.so")
    try folder.write("graph.yaml", text)
    let path = folder.path + "/graph.yaml"
    let options = GraphOptions(missingFilesAreErrors: false, workingDirectory: folder.path)
    let graph = try Graph.load(file: path, catalog: TestPlugins.catalog, options: options).graph
    let source = GraphSource(file: path, overrides: [], graph: graph, workingDirectory: folder.path)
    var training = LiveTrainingTask.Options(output: folder.path + "/model.safetensors")
    training.training.rule = .manual(5)
    // Accepts any loss, so that the first round is enough.
    training.training.untilLoss = 1e9
    fill(&training)
    let list = LearningEvents()
    task = try LiveTrainingTask(
      graph, source: source, catalog: TestPlugins.catalog, rate: Self.rate, options: training,
      callbacks: WorkCallbacks(), wake: { [changes] in changes.signal() }, tell: { list.add($0) })
    driver = try HandDriver(Engine(graph: task.graph), rate: Self.rate)
    list.add = { [unowned self] in events.append($0) }
  }

  deinit {
    driver.engine.stop()
    folder.remove()
  }

  /// One poll: some sound, then the control thread's work.
  func poll(level: Float = 0.5) {
    driver.feed(random.noise(frames: 1000, level: level), period: 250)
    engine.drain()
    engine.service()
    task.look(engine) { isStopped = true }
  }

  /// Ticks until the condition holds. While it learns in the background, no sound arrives.
  func run(until isTrue: () -> Bool, _ location: Testing.SourceLocation = #_sourceLocation) {
    for _ in 0..<1000 {
      if isTrue() { return }
      let stage = task.progress?.stage
      if stage == .learning || stage == .writing {
        guard changes.wait(timeout: .now() + 60) == .success else { break }
      }
      poll()
    }
    Issue.record("it never came", sourceLocation: location)
  }

  /// The names of the notifications.
  var told: [String] {
    events.map { event in
      switch event {
      case .roundBegan(let number, _): "began \(number)"
      case .roundLearned(let round, _): "learned \(round.number)"
      case .silence, .silentTokens: "silence"
      case .leftOut: "left out"
      case .endedEarly: "ended early"
      case .lossNotReached: "loss not reached"
      case .trained: "trained"
      case .diagnostics(let diagnostics): "diagnostics \(diagnostics.count)"
      case .tookOver: "took over"
      }
    }
  }
}

/// Exists before the training, and keeps its messages.
private final class LearningEvents {
  var add: (LearningEvent) -> Void = { _ in }
}
