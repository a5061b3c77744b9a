import NodeHost

/// A node class, for people.
struct ClassText {
  private let nodeClass: NodeClass

  init(_ nodeClass: NodeClass) { self.nodeClass = nodeClass }

  var text: String {
    var lines = ["\(nodeClass.name) \(nodeClass.version): \(nodeClass.summary)", ""]
    lines.append("thread   \(nodeClass.isHard ? "realtime, or worker" : "worker")")
    if !nodeClass.traitNames.isEmpty { lines.append("kind     \(nodeClass.traitNames.joined(separator: ", "))") }
    lines.append("library  \(nodeClass.library.path)")
    lines.append("build    \(nodeClass.library.buildID)")
    lines += ports("inputs", nodeClass.inputs) + ports("outputs", nodeClass.outputs) + parameters
    return lines.joined(separator: "\n")
  }

  private func ports(_ heading: String, _ ports: [Port]) -> [String] {
    if ports.isEmpty { return [] }
    var table = Table([(heading, .left), ("", .left), ("", .left)])
    for port in ports { table.add(["  " + port.name, "\(port.kinds)", port.note]) }
    return ["", table.text]
  }

  private var parameters: [String] {
    if nodeClass.parameters.isEmpty { return [] }
    return ["", "parameters"]
      + nodeClass.parameters.flatMap { parameter in
        ["  \(parameter.name): \(parameter.notes)", "      \(parameter.summary)"]
      }
  }
}

extension Port {
  /// "takes many links; summary".
  fileprivate var note: String {
    [
      flags.contains(.optional) ? "may stay unlinked" : nil, flags.contains(.many) ? "takes many links" : nil,
      summary.isEmpty ? nil : summary,
    ].compactMap { $0 }.joined(separator: "; ")
  }
}

extension Parameter {
  /// "a whole number from 1 to 512; default 128; may change while running".
  fileprivate var notes: String {
    [
      expectation, structure, flags.contains(.required) ? "required" : nil, initial.map { "default \($0)" },
      flags.contains(.running) ? "may change while running" : nil,
    ].compactMap { $0 }.joined(separator: "; ")
  }

  private var structure: String? {
    let forms = [
      flags.contains(.list) ? "a list" : nil, flags.contains(.nested) ? "a list of lists" : nil,
      flags.contains(.byMachine) ? "a map by machine" : nil,
    ].compactMap { $0 }
    return forms.isEmpty ? nil : "or \(forms.joined(separator: ", "))"
  }
}

extension NodeClass {
  /// The most demanding thread that the class may run on.
  var thread: String { isHard ? "realtime" : "worker" }

  /// "spectrum -> features".
  var streams: String {
    let taken = inputs.map { "\($0.kinds)" }.joined(separator: ", ")
    let yielded = outputs.map { "\($0.kinds)" }.joined(separator: ", ")
    return [taken, "->", yielded].filter { !$0.isEmpty }.joined(separator: " ")
  }

  var traitNames: [String] {
    let names: [(Traits, String)] = [
      (.source, "source"), (.sink, "sink"), (.detector, "detector"), (.trainable, "trainable"),
      (.watchful, "watchful"),
    ]
    return names.filter { traits.contains($0.0) }.map(\.1)
  }
}

extension PluginCatalog.Shadowed {
  var line: String {
    className.map { "\(path): its class '\($0)' is not used, because \(by) comes first" }
      ?? "\(path) is not used, because \(by) comes first"
  }
}
