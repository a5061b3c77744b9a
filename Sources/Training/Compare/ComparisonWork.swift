import DetectorHost
import FoundationEssentials
import GraphEngine
import GraphText
import Models
import NodeHost
import Synchronization

extension ComparisonRun {
  /// The trainings of a comparison, one after the other.
  final class Work {
    private let run: ComparisonRun
    private let set: RecordingSet
    /// Trainings that are finished, of all that there are.
    private var done = 0
    private let all: Int
    private let warned = WarnedOnce()
    /// Facts of the recordings and the program, for fingerprints.
    private let facts: [String]

    init(run: ComparisonRun, set: RecordingSet, count: Int) {
      self.run = run
      self.set = set
      all = count * run.options.seeds.count
      facts =
        Self.facts(set) + [
          "rule \(run.options.rule?.text ?? "default")", "forced \(run.options.isForced)",
          "program \(run.options.version) \(PluginLibrary.fileID("/proc/self/exe"))",
        ]
    }

    /// - Throws: `ComparisonInterrupted`.
    func row(_ entrant: Entrant) throws -> Comparison.Row {
      var row = Comparison.Row(path: entrant.path)
      let begun = done
      do {
        let graph = try entrant.graph.get()
        row.graph = graph.name
        let node = try graph.detector(run.options.node)
        row.node = node.name
        row.className = node.nodeClass.name
        row.frontEnd = graph.frontEndClasses(of: node.name)
        try train(graph, node, &row)
      } catch is Interrupted {
        throw interrupted
      } catch {
        if run.callbacks.isCancelled() { throw interrupted }
        row.failure = Self.words(error)
      }
      done = begun + run.options.seeds.count
      return row
    }

    private var interrupted: ComparisonInterrupted {
      ComparisonInterrupted(done: done, all: all, folder: run.store.folder)
    }

    private static func words(_ error: any Error) -> String {
      guard let error = error as? DiagnosticsError else { return "\(error)" }
      let errors = error.diagnostics.filter { $0.severity == .error }
      return errors.map { diagnostic in
        (diagnostic.location.map { "\($0.file):\($0.line):\($0.column): " } ?? "") + diagnostic.message
      }.joined(separator: "\n")
    }

    // MARK: Seeds

    private func train(_ graph: Graph, _ node: Graph.Node, _ row: inout Comparison.Row) throws {
      let isDrawn = DetectorTrainer.drawsBySeed(node.nodeClass)
      let graphFacts = facts + graph.buildFacts + ["node \(node.name)"]
      for seed in isDrawn ? run.options.seeds : [run.options.seeds[0]] {
        try run.callbacks.checkCancelled()
        let key = ResultStore.Key(graph: row.path, seed: seed, facts: graphFacts)
        let result: SeedResult
        if let known = run.store.result(key) {
          result = known
        } else {
          result = try self.result(graph, node, row.path, seed: seed)
          try run.store.write(result, key)
        }
        done += 1
        // Equal results of several seeds count once.
        if let first = row.results.first, let learned = first.learned, result.learned == learned { return }
        row.results.append(result)
      }
    }

    private func result(_ graph: Graph, _ node: Graph.Node, _ path: String, seed: UInt64) throws -> SeedResult {
      var result = SeedResult(seed: seed)
      let model = try WorkFile("model.safetensors")
      var graph = graph
      let clock = ContinuousClock()
      if DetectorTrainer.learnsLabels(node.nodeClass) != nil {
        var options = TrainingRun.Options()
        options.seed = seed
        options.rule = run.options.rule
        options.isForced = run.options.isForced
        let begin = clock.now
        let summary = try TrainingRun(
          graph, node: node.name, options: options, callbacks: callbacks(path, seed, 0...0.7)
        ).run(set, output: model.path)
        result.training = (clock.now - begin).seconds
        result.learned = summary.model.learnedDigest
        graph.set(graph.nodes.firstIndex { $0.name == node.name }!, "model", .text(model.path))
      }
      let begin = clock.now
      let evaluation = try EvaluationRun(
        graph, node: node.name, isForced: run.options.isForced, seed: seed,
        callbacks: callbacks(path, seed, 0.7...1)
      ).run(set)
      result.judging = (clock.now - begin).seconds
      result.note(evaluation)
      return result
    }

    // MARK: Messages

    /// For a part of one training. Ctrl-C cancels the whole training, because half a training is no result.
    private func callbacks(_ path: String, _ seed: UInt64, _ share: ClosedRange<Double>) -> WorkCallbacks {
      var result = run.callbacks
      let (done, all, outer, warned) = (done, all, run.callbacks, warned)
      let name = run.options.seeds.count > 1 ? "\(path), seed \(seed)" : path
      result.isEnding = { false }
      result.fitting = { _ in }
      result.epoch = { _ in }
      result.progress = { part, what in
        let within = share.lowerBound + part * (share.upperBound - share.lowerBound)
        outer.progress((Double(done) + within) / Double(max(1, all)), "\(name): \(what)")
      }
      result.warn = { text in if warned.isNew("\(path): \(text)") { outer.warn("\(path): \(text)") } }
      return result
    }

    private static func facts(_ set: RecordingSet) -> [String] {
      set.recordings.map { recording in
        let digest = (try? OpenModel.digest(ofFile: recording.path)) ?? "unreadable"
        let events = recording.events.map { "\($0.label) \($0.begin) \($0.end)" }.joined(separator: ";")
        return [
          recording.path, digest, recording.label, recording.machine ?? "-", recording.part?.rawValue ?? "-",
          recording.group ?? "-", events,
        ].joined(separator: "\u{1F}")
      }
    }
  }

  /// A message that several seeds give is shown once.
  private final class WarnedOnce: Sendable {
    private let texts = Mutex<Set<String>>([])
    func isNew(_ text: String) -> Bool { texts.withLock { $0.insert(text).inserted } }
  }

  /// A file in a temporary folder, which `deinit` removes.
  private final class WorkFile {
    let path: String
    private let folder: String

    init(_ name: String) throws {
      folder = FileManager.default.temporaryDirectory.path + "/auscult-compare-\(UUID().uuidString)"
      path = "\(folder)/\(name)"
      do {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      } catch {
        throw TrainingError("\(folder): cannot make a temporary folder for models here; check TMPDIR")
      }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
  }
}

extension Graph {
  /// Its nodes, parameters and links, and the builds of their classes.
  fileprivate var buildFacts: [String] {
    ["graph \(name)", hash] + nodes.map { "\($0.nodeClass.name) \($0.nodeClass.library.buildID)" }.sorted()
  }

  /// Classes of the nodes before a node, without sources, in the order of the file.
  fileprivate func frontEndClasses(of node: String) -> [String] {
    let target = nodes.firstIndex { $0.name == node }!
    return ancestors(of: target).map { nodes[$0] }.filter { !$0.nodeClass.inputs.isEmpty }.map(\.nodeClass.name)
  }
}

extension ModelFile {
  /// sha256 of the trained tensors, independent of the seed and the thresholds.
  fileprivate var learnedDigest: String {
    var bytes: [UInt8] = []
    for (name, tensor) in tensors.sorted(by: { $0.key < $1.key }) {
      bytes += Array("\(name) \(tensor.kind) \(tensor.shape)\n".utf8) + tensor.bytes
    }
    for (name, text) in texts.sorted(by: { $0.key < $1.key }) { bytes += Array("\(name) \(text)\n".utf8) }
    return SHA256.hex(bytes)
  }
}

extension Duration {
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
