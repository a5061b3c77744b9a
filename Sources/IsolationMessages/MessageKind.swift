/// What a message asks for. docs/ISOLATION.md lists the contents.
public enum MessageKind: UInt32, Sendable {
  // From the host to the node's process.
  case create = 1
  case configure, activate, deactivate, destroy, reset, process
  case save, restore, explain, reconstruct, report
  case begin, take, fit, write, end
  case prepare, apply, dispose, reopen

  // From the node's process to the host, while it answers one of these.
  case answer = 100
  case log, wallTime, clockSteps, file, beganAt, hasAbility
  case openModel, closeModel, machine, machines, tensor, modelText, threshold, labels, digest
  case setRemark, setFigure, setProblem, lost, announce, nextNotice
  case progress, epoch, learnedTensor, learnedText, figure
  case graphHash

  /// Calls of `process` and those before and after it have a short limit; those that train have none.
  public var isTraining: Bool { (MessageKind.begin.rawValue...MessageKind.end.rawValue).contains(rawValue) }
}

/// Whose turn it is to read and write the shared memory.
public enum Turn: UInt32, Sendable {
  case host = 0
  case node = 1
  /// The node's process has ended; the host's own mark.
  case ended = 2
}

/// The numbers of an answer.
public enum AnswerStatus {
  /// As in the ABI.
  public static let done: Int32 = 0
  public static let failed: Int32 = -1
  /// The program does not know the call.
  public static let unknown: Int32 = -2
}
