import CNodeABI
import IsolationMessages
import NodeABI
import SystemCalls

/// The program of a class with program/1, and what the host does for it: it answers `configure`, and sets thresholds.
final class UserProgram {
  /// The program's path and its arguments.
  let command: [String]
  /// Names of variables that it gets beside the usual ones.
  let environment: [String]
  private var threshold: Double?
  private var thresholds: [String: Double] = [:]
  /// By channel; nil: the program's own.
  private var fixed: [Double?] = []

  /// Nil after an error: the program can't be started.
  init?(
    _ count: UInt32, _ arguments: UnsafePointer<auscult_argument>?, _ failure: UnsafeMutablePointer<auscult_error>?
  ) {
    var (command, environment) = ([String](), [String]())
    for index in 0..<Int(count) {
      let (name, value) = (String(cString: arguments![index].name), arguments![index].value)
      if name == "command" { command = Self.texts(value) }
      if name == "environment" { environment = Self.texts(value) }
      if name == "threshold" { (threshold, thresholds) = Self.numbers(value) }
    }
    guard let name = command.first, !name.isEmpty else {
      failure?.pointee.set(
        "`command` names no program; write a list, `[/usr/bin/python3, detector.py]`", parameter: "command")
      return nil
    }
    guard let program = ExternalProgram(name) else {
      failure?.pointee.set("there is no program '\(name)', or it may not be run", parameter: "command")
      return nil
    }
    if let missing = environment.first(where: { !ForeignEnvironment.has($0) }) {
      failure?.pointee.set(
        "the environment has no variable '\(missing)'; set it, or leave its name out",
        parameter: "environment")
      return nil
    }
    self.environment = environment
    self.command = [program.path] + command.dropFirst()
  }

  private static func texts(_ value: auscult_value) -> [String] {
    if value.type != AUSCULT_LIST { return value.text.map { [String(cString: $0)] } ?? [] }
    return (0..<Int(value.count)).compactMap { index in value.items[index].text.map { String(cString: $0) } }
  }

  private static func numbers(_ value: auscult_value) -> (Double?, [String: Double]) {
    if value.type == AUSCULT_NUMBER { return (value.number, [:]) }
    guard value.type == AUSCULT_MAP else { return (nil, [:]) }
    var numbers: [String: Double] = [:]
    for index in 0..<Int(value.count) where value.items[index].type == AUSCULT_NUMBER {
      numbers[value.keys[index].map { String(cString: $0) } ?? ""] = value.items[index].number
    }
    return (nil, numbers)
  }

  // MARK: Configure

  /// Fills the answer in the program's place: one score for each token and channel.
  func answer(_ setup: auscult_setup, _ answer: UnsafeMutablePointer<auscult_answer>) {
    let output = answer.pointee.outputs!
    output.pointee.kind = AUSCULT_SCORE
    (output.pointee.rows, output.pointee.columns) = (1, 1)
    (output.pointee.frequencies, output.pointee.frequency_count) = (nil, 0)
    answer.pointee.reach = Int64(AUSCULT_UNBOUNDED)
    let input = setup.inputs[0]
    fixed = (0..<Int(input.channels)).map { channel in
      input.machines?[channel].flatMap { thresholds[String(cString: $0)] } ?? threshold
    }
  }

  // MARK: Scores

  /// Before the call: a score that is not written is not a number, so that it is found.
  func prepare(_ record: BlockRecord, _ block: auscult_block, _ memory: SharedMemory) {
    var empty = auscult_score()
    empty.score = .nan
    empty.class_index = -1
    for token in 0..<Int(block.capacity) {
      for channel in 0..<Int(block.format.pointee.channels) {
        (memory.base + Int(record.data) + block.place(token, channel)).storeBytes(of: empty, as: auscult_score.self)
      }
    }
  }

  /// After the call: the thresholds of the graph.
  func finish(_ block: auscult_block) {
    for token in 0..<Int(block.count) {
      for (channel, threshold) in fixed.enumerated() where threshold != nil {
        (block.data + block.place(token, channel)).assumingMemoryBound(to: auscult_score.self).pointee.threshold =
          threshold!
      }
    }
  }
}
