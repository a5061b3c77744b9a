import Foundation
import GraphEngine
import GraphText
import NodeHost
import TestSupport
import Testing

/// Every numeric parameter of every class at its extremes, at any rate: a value that a class can't use gives an error,
/// in `check` and in a run, and never ends the program.
///
/// The list comes from the classes themselves. Each class has its own process.
@Suite struct ExtremesTests {
  static let rates = [1, 2, 3, 20, 500, 8000, 48000, 384_000, 768_000]

  /// How long one class may take.
  static let seconds: UInt32 = 100

  @Test(arguments: TestPlugins.catalog.classes.map(\.name).sorted())
  func noValueEndsTheProgram(className: String) async throws {
    let seed = SeededRandom.fresh().seed
    print("seed \(seed)")
    let note = NSTemporaryDirectory() + "auscult-extremes-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: note) }
    await #expect(processExitsWith: .success) {
      [className = className as String, seed = seed as UInt64, note = note as String] in
      alarm(ExtremesTests.seconds)
      Extremes(TestPlugins.catalog[className]!, seed: seed, note: note).tryAll()
    }
    let last = (try? String(contentsOfFile: note, encoding: .utf8)) ?? "nothing was tried"
    #expect(last == "done", "the last that was tried: \(last)")
  }
}

/// One class with all extremes. It records each attempt before it makes it.
struct Extremes {
  let nodeClass: NodeClass
  let note: String
  private let seed: UInt64
  private static let randomTries = 12

  init(_ nodeClass: NodeClass, seed: UInt64, note: String) {
    self.nodeClass = nodeClass
    self.note = note
    self.seed = seed
  }

  func tryAll() {
    for rate in ExtremesTests.rates { attempt([:], rate) }
    var turn = 0
    for parameter in numbers {
      for value in values(parameter) {
        // All rates in turn, and the two at which most goes wrong.
        turn += 1
        for rate in Set([1, 48000, ExtremesTests.rates[turn % ExtremesTests.rates.count]]).sorted() {
          attempt([parameter.name: value], rate)
        }
      }
    }
    for choice in nodeClass.parameters where choice.kind == .choice {
      for word in choice.choices {
        for parameter in numbers {
          for value in values(parameter).prefix(2) {
            turn += 1
            attempt(
              [choice.name: word, parameter.name: value], ExtremesTests.rates[turn % ExtremesTests.rates.count])
          }
        }
      }
    }
    var random = SeededRandom(seed: seed)
    for _ in 0..<Self.randomTries {
      var given: [String: String] = [:]
      for parameter in numbers where Bool.random(using: &random) {
        given[parameter.name] = values(parameter).randomElement(using: &random)
      }
      for choice in nodeClass.parameters where choice.kind == .choice && Bool.random(using: &random) {
        given[choice.name] = choice.choices.randomElement(using: &random)
      }
      attempt(given, ExtremesTests.rates.randomElement(using: &random)!)
    }
    try? "done".write(toFile: note, atomically: false, encoding: .utf8)
  }

  private var numbers: [Parameter] { nodeClass.parameters.filter { $0.kind == .number || $0.kind == .integer } }

  /// Least, greatest, the values just inside, and some in the parameter's other units.
  private func values(_ parameter: Parameter) -> [String] {
    let bounds = [
      parameter.minimum.isFinite ? parameter.minimum : -1e300, parameter.maximum.isFinite ? parameter.maximum : 1e300,
    ]
    var numbers = bounds
    if parameter.kind == .integer {
      numbers += [bounds[0] + 1, bounds[1] - 1]
    } else {
      numbers += [bounds[0].nextUp, bounds[1].nextDown, 0]
    }
    let units: [(Parameter.Units, String)] = [
      (.second, "s"), (.hertz, "Hz"), (.decibel, "dB"), (.percent, "%"), (.sample, "samples"),
    ]
    let others = units.filter { parameter.units.contains($0.0) && $0.0 != parameter.unit }.flatMap { _, unit in
      ["0 \(unit)", "1e-6 \(unit)", "1e6 \(unit)", "1e300 \(unit)", "-1e300 \(unit)"]
    }
    return numbers.map { parameter.kind == .integer ? "\(Int64($0))" : "\($0)" } + others + parameter.choices
  }

  /// Plans and runs a graph with the class in it. Any error is accepted.
  private func attempt(_ given: [String: String], _ rate: Int) {
    let text = graph(given)
    let what = "\(nodeClass.name) \(given.sorted { $0.key < $1.key }.map { "\($0)=\($1)" }) at \(rate) Hz"
    try? what.write(toFile: note, atomically: false, encoding: .utf8)
    let folder = NSTemporaryDirectory() + "auscult-extremes-out-\(getpid())"
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    do {
      var options = GraphOptions(missingFilesAreErrors: false, environment: ["OUT": folder])
      options.workingDirectory = folder
      let graph = try Graph.load(text: text, catalog: TestPlugins.catalog, options: options).graph
      var engineOptions = EngineOptions()
      engineOptions.memory = .bytes(256 << 20)
      engineOptions.workerThreads = 0
      let engine = try Engine(graph: graph, options: engineOptions)
      _ = try engine.check(rate: rate)
      let driver = try HandDriver(engine, rate: rate)
      var random = SeededRandom(seed: 1)
      let noise = random.noise(channels: 1, frames: 1200)[0]
      let channels = engine.externalInputs.count
      if channels == 0 {
        driver.run(frames: 1200) { 500 }
      } else if channels <= 64 {
        driver.feed(Array(repeating: noise, count: channels), period: 500)
      } else {
        driver.run(frames: 256) { 256 }
      }
      driver.finish()
    } catch {}
  }

  // MARK: A graph around it

  private func graph(_ given: [String: String]) -> String {
    var nodes: [(name: String, text: String)] = []
    var links: [String] = []
    var feed = ""
    let kinds = nodeClass.inputs.first?.kinds ?? []
    let path: [(NodeHost.Port.Kinds, String, String)] = [
      (.audio, "mic", "type: source"), (.spectrum, "stft", "type: stft, length: 64, hop: 32"),
      (.features, "mel", "type: mel, bands: 8"), (.slice, "cut", "type: slicer, length: 3 frames, hop: 1 frames"),
      (.score, "level", "type: detector.level, learn: 0.01 s"), (.event, "bell", "type: alarm, on: 0 s, off: 0 s"),
    ]
    if !nodeClass.inputs.isEmpty {
      for (kind, name, text) in path {
        nodes.append((name, text))
        if !feed.isEmpty { links.append("\(feed) -> \(name)") }
        feed = name
        if kinds.contains(kind) { break }
      }
      links.append("\(feed) -> it")
    }
    var arguments = required.filter { given[$0.key] == nil }.merging(given) { $1 }
    if nodeClass.name == "normalize", given["mode"] == "frozen" {
      for (name, value) in ["mean": "0", "std": "1"] where arguments[name] == nil { arguments[name] = value }
    }
    let list = arguments.sorted { $0.key < $1.key }.map { ", \($0): \($1)" }.joined()
    nodes.append(("it", "type: \(nodeClass.name)\(list)"))
    if !nodeClass.outputs.isEmpty {
      nodes.append(("end", "type: sink.null"))
      links.append("it -> end")
    }
    return "graph: extremes\nnodes:\n" + nodes.map { "  \($0.name): { \($0.text) }\n" }.joined() + "links:\n"
      + links.map { "  - \($0)\n" }.joined()
  }

  /// Values for required parameters, sensible ones where a class needs them.
  private var required: [String: String] {
    let known = ["resample.rate": "8000", "channels.pick": "0", "slicer.length": "3"]
    var values: [String: String] = [:]
    for parameter in nodeClass.parameters where parameter.flags.contains(.required) {
      values[parameter.name] =
        known["\(nodeClass.name).\(parameter.name)"] ?? (parameter.kind == .outputPath ? "\"${env:OUT}/out\"" : "1")
    }
    return values
  }
}
