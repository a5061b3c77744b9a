import CNodeABI
import NodeHost
import NodeRigs

extension ConformanceCheck {
  static let descriptor = ConformanceCheck(
    "descriptor",
    """
    The declarations are complete and fit each other: traits and ports, abilities and their functions, parameters and \
    their defaults; the answer of configure fits the ports.
    """
  ) { trial in
    trial.findAll(in: Declarations(trial.nodeClass).defects)
    let arrangement = try trial.arrangement()
    trial.note("tried with \(arrangement.text)")
    trial.findAll(in: Declarations.answerDefects(try trial.rig(arrangement), arrangement))
  }
}

extension Trial {
  func findAll(in defects: [String]) { for defect in defects { find(defect) } }
}

/// What the loading of a plugin does not check already.
private struct Declarations {
  private let nodeClass: NodeClass

  init(_ nodeClass: NodeClass) { self.nodeClass = nodeClass }

  var defects: [String] { traitDefects + abilityDefects + textDefects }

  private var traitDefects: [String] {
    var defects: [String] = []
    let traits = nodeClass.traits
    if traits.contains(.source), !nodeClass.inputs.isEmpty { defects.append("it is a source, but has inputs") }
    if traits.contains(.sink), !nodeClass.outputs.isEmpty { defects.append("it is a sink, but has outputs") }
    if !traits.contains(.source), nodeClass.inputs.isEmpty { defects.append("it has no inputs, but is not a source") }
    if !traits.contains(.sink), nodeClass.outputs.isEmpty { defects.append("it has no outputs, but is not a sink") }
    if traits.contains(.detector), !nodeClass.outputs.contains(where: { $0.kinds == .score }) {
      defects.append("it is a detector, but has no output of scores")
    }
    return defects
  }

  private var abilityDefects: [String] {
    var defects: [String] = []
    let isTrainable = nodeClass.traits.contains(.trainable)
    let trainer = nodeClass.ability(AUSCULT_TRAINER)
    if isTrainable != (trainer != nil) {
      defects.append(
        isTrainable
          ? "it is trainable, but has no \(AUSCULT_TRAINER)" : "it has \(AUSCULT_TRAINER), but is not trainable")
    }
    let tables: [(String, Int, Int)] = [
      (AUSCULT_TRAINER, MemoryLayout<auscult_trainer>.size, 5), (AUSCULT_STATE, MemoryLayout<auscult_state>.size, 2),
      (AUSCULT_TUNE, MemoryLayout<auscult_tune>.size, 3),
    ]
    for (name, size, functions) in tables {
      guard let table = nodeClass.ability(name) else { continue }
      let given = Int(table.load(as: UInt32.self))
      guard given >= size else {
        defects.append("its table of \(name) has \(given) bytes, and needs \(size)")
        continue
      }
      // The functions follow two fields of 32 bits; tune/1 has one field and padding.
      for index in 0..<functions where table.load(fromByteOffset: 8 + 8 * index, as: UInt.self) == 0 {
        defects.append("function \(index + 1) of its table of \(name) is a null pointer")
      }
    }
    if nodeClass.ability("conformance-unknown/1") != nil {
      defects.append("it has an ability of a name that does not exist: extension must return NULL for unknown names")
    }
    return defects
  }

  private var textDefects: [String] {
    var defects: [String] = []
    if nodeClass.summary.isEmpty { defects.append("its summary is empty") }
    for port in nodeClass.inputs + nodeClass.outputs where port.summary.isEmpty {
      defects.append("the summary of port '\(port.name)' is empty")
    }
    for parameter in nodeClass.parameters where parameter.summary.isEmpty {
      defects.append("the summary of parameter '\(parameter.name)' is empty")
    }
    let texts = [nodeClass.summary] + nodeClass.parameters.map(\.summary)
    for text in texts where text.utf8.contains(UInt8(ascii: "\n")) {
      defects.append("a summary has several lines: '\(text)'")
    }
    return defects
  }

  // MARK: The answer of configure

  static func answerDefects(_ rig: NodeRig, _ arrangement: Arrangement) -> [String] {
    var defects: [String] = []
    let answer = rig.answer
    if answer.latency < 0 { defects.append("configure answers the negative latency \(answer.latency)") }
    if answer.history < 0 { defects.append("configure answers the negative history \(answer.history)") }
    if answer.reach < Int64(AUSCULT_UNBOUNDED) {
      defects.append("configure answers the negative reach \(answer.reach)")
    }
    for (index, format) in rig.outputs.enumerated() {
      let port = rig.nodeClass.outputs[index]
      defects += formatDefects(format, arrangement).map { "configure answers for output '\(port.name)' \($0)" }
      if format.kind & port.kinds.rawValue == 0 {
        defects.append("configure answers for output '\(port.name)' a kind that the port does not declare")
      }
    }
    return defects
  }

  private static func formatDefects(_ format: auscult_format, _ arrangement: Arrangement) -> [String] {
    var defects: [String] = []
    if format.kind.nonzeroBitCount != 1 { defects.append("no kind, or several") }
    if format.channels == 0 || format.rows == 0 || format.columns == 0 {
      defects.append("no channels, rows or columns")
    }
    if format.denominator <= 0 || format.period <= 0 || format.extent < 0 {
      defects.append("a period, extent or denominator that is not positive")
    }
    for input in arrangement.inputs where format.denominator > 0 {
      if format.denominator % input.format.native.denominator != 0 {
        defects.append("a denominator that cannot express the input's positions")
      }
    }
    if Int(format.driver_rate) != arrangement.rate { defects.append("another driver's rate") }
    return defects
  }
}
