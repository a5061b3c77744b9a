import GraphEngine
import JSONText
import Models
import NodeHost
import OutputFiles

/// Remembers graphs that a child process has tried without a fault, so that their next start need not try them again. A
/// trial is known by a digest of all that it depends on: the program, the libraries, the nodes with their arguments and
/// links, and the state of each file that an argument names. The state of an output does not count: a log grows between
/// two starts of a watch.
///
/// Thread: control.
struct TrialMemory {
  private let path: String
  let digest: String

  /// Nil: the trial of this graph can't be remembered, because this account has no folder for it or a file has just
  /// changed.
  init?(_ graph: Graph, rate: Int, activating: Bool) {
    guard let folder = CacheFolder.path, let program = FileState("/proc/self/exe") else { return nil }
    path = folder + "/trials.json"
    var trial = TrialDescription(program)
    trial.add([.integer(Int64(rate)), .boolean(activating), .text(graph.name)])
    for node in graph.nodes { trial.add(node) }
    for link in graph.links {
      let ends = [link.from.node, link.from.port, link.to.node, link.to.port]
      trial.add(ends.map { .integer(Int64($0)) })
    }
    // A file that changes twice within a tick of the kernel's clock keeps its state.
    guard trial.leastAge > 1 else { return nil }
    digest = SHA256.hex(JSONValue.array(trial.parts).json)
  }

  var isKnown: Bool { read().contains(digest) }

  func note() {
    let digests = [digest] + read().filter { $0 != digest }
    CacheFolder.write(JSONValue.array(digests.prefix(Self.most).map { .text($0) }).json, to: path)
  }

  private static let most = 256

  private func read() -> [String] {
    guard let bytes = CacheFolder.read(path), let json = try? JSONValue(parsing: bytes) else { return [] }
    return (json.array ?? []).compactMap(\.text)
  }
}

/// What a trial depends on.
private struct TrialDescription {
  private(set) var parts: [JSONValue] = []
  /// Seconds since the last change of any file.
  private(set) var leastAge = Double.infinity

  init(_ program: FileState) { add(program) }

  mutating func add(_ values: [JSONValue]) { parts.append(.array(values)) }

  mutating func add(_ node: Graph.Node) {
    add([.text(node.name), .text(node.nodeClass.name), .text(node.nodeClass.library.buildID)])
    add(FileState(node.nodeClass.library.path))
    let outputs = Set(node.nodeClass.parameters.filter { $0.kind == .outputPath }.map(\.name))
    for argument in node.arguments {
      add([.text(argument.name)])
      add(argument.value, isOutput: outputs.contains(argument.name))
    }
  }

  private mutating func add(_ value: ParameterValue, isOutput: Bool) {
    switch value {
    case .number(let number, let unit, let text): add([.number(number), .integer(Int64(unit)), .text(text)])
    case .boolean(let truth): add([.boolean(truth)])
    case .text(let text):
      add([.text(text)])
      // A path is absolute.
      if text.hasPrefix("/") && !isOutput { add(FileState(text)) }
    case .list(let items): for item in items { add(item, isOutput: isOutput) }
    case .map(let items):
      for (key, item) in items {
        add([.text(key)])
        add(item, isOutput: isOutput)
      }
    }
  }

  private mutating func add(_ state: FileState?) {
    guard let state else { return add([.null]) }
    leastAge = min(leastAge, state.age)
    add(state.numbers.map { .integer($0) })
  }
}
