import CNodeABI
import IsolationMessages
import NodeABI
import NodeHost
import RealtimeCore
import Synchronization
import SystemCalls

/// A node whose instance lives in a process of its own: what the host calls in the plugin's place. It passes each call
/// on and waits for the answer, with a limit. When the process ends, another one starts in the same state.
///
/// Thread: as the ABI says; calls that come at once wait for each other.
final class IsolatedNode: @unchecked Sendable {
  let nodeClass: IsolatedClass
  let host: UnsafePointer<auscult_host>
  let answers: HostAnswers
  let name: String
  var isSink: Bool { nodeClass.original.outputs.isEmpty }
  private let folders: [String]
  /// The program of the user that the process becomes; nil: it hosts the plugin.
  let program: UserProgram?
  private let turn = Condition()
  // Under the lock of `turn`.
  var process: NodeProcess?
  var history = StartHistory()
  var losses = Losses()
  var restarts = Restarts()
  var described = DescribedBlocks()
  /// Rows and columns of the first input's tokens.
  var shape = (rows: 0, columns: 0)
  /// What the last answer of `configure` points to.
  var answerArena = Arena()
  var lastTuning: UInt32 = 0
  /// The text of the node's last failure.
  var failure = Arena()
  /// The node waits for its process, as over files.
  var hasNoDeadline = true
  /// Why the node fails in all further calls; nil: it does not.
  var lastFailure: String?
  /// Another program has moved the output's file.
  let mustReopen = Atomic<Bool>(false)

  init(
    _ nodeClass: IsolatedClass, _ host: UnsafePointer<auscult_host>, _ count: UInt32,
    _ arguments: UnsafePointer<auscult_argument>?, _ program: UserProgram?
  ) {
    self.nodeClass = nodeClass
    self.program = program
    self.host = host
    answers = HostAnswers(host)
    name = String(cString: host.pointee.node)
    folders = NodeProgram.folders(nodeClass.original, arguments, count: count)
    var message = MessageWriter()
    message.add(text: nodeClass.original.library.path)
    message.add(text: nodeClass.original.library.buildID)
    message.add(text: nodeClass.original.name)
    message.add(text: host.pointee.graph)
    message.add(text: host.pointee.node)
    message.add(arguments: arguments, count: count)
    history.create = message.bytes
  }

  func exclusively<Result>(_ body: () -> Result) -> Result {
    turn.lock()
    defer { turn.unlock() }
    return body()
  }

  // MARK: Process

  /// Calls a process, with the limit of the call.
  func ask(
    _ kind: MessageKind, _ bytes: [UInt8], of process: NodeProcess
  ) throws(ProcessEnd) -> (status: Int32, answer: MessageReader) {
    var (status, answer) = try process.call(kind, bytes, seconds: seconds(of: kind)) {
      [answers] kind, message, answer in
      answers.answer(kind, &message, &answer)
    }
    // A program need not know the calls between which nothing happens to it.
    if program != nil, status == AnswerStatus.unknown, kind != .process {
      (status, answer) = (AnswerStatus.done, MessageReader([]))
    }
    return (status, answer)
  }

  private func seconds(of kind: MessageKind) -> Double? {
    switch kind {
    case .process, .reset, .apply, .deactivate, .destroy: isSink ? CallLimit.output : CallLimit.work
    case _ where kind.isTraining: nil
    default: CallLimit.control
    }
  }

  /// A new process in the state of a history.
  func start(_ history: StartHistory) throws(ProcessEnd) -> NodeProcess {
    guard let path = NodeProgram.path(library: nodeClass.original.library.path) else {
      throw ProcessEnd(
        cause: .notStarted("there is no program \(NodeProgram.name); install it in the same folder as auscult"))
    }
    let command = program.map { ["--"] + $0.command } ?? []
    let process = try NodeProcess(
      path, folders + command, limit: history.memoryLimit, environment: program?.environment ?? [])
    do throws(ProcessEnd) {
      for (kind, bytes) in history.calls { try repeatCall(kind, bytes, process, history) }
    } catch {
      process.stop()
      throw error
    }
    return process
  }

  private func repeatCall(
    _ kind: MessageKind, _ bytes: [UInt8], _ process: NodeProcess, _ history: StartHistory
  ) throws(ProcessEnd) {
    var (status, answer) = try ask(kind, bytes, of: process)
    guard status == AUSCULT_OK else {
      throw ProcessEnd(cause: .brokeRules("was started again, but its node failed: \(answer.text())"), call: "\(kind)")
    }
    // The graph is compiled for the first answer.
    if kind == .configure, program == nil, answer.bytes != history.answer {
      throw ProcessEnd(cause: .brokeRules("answered otherwise than the first time"), call: "\(kind)")
    }
  }

  func install(_ process: NodeProcess) {
    self.process = process
    described = DescribedBlocks()
    restarts.noteStart()
    IsolationList.shared.note(self, process, restarts)
  }

  /// Notes and reports the end of the process. It is started again in the next calls.
  func noteEnd(_ end: ProcessEnd) {
    process = nil
    answers.closeModels()
    restarts.noteEnd(end)
    IsolationList.shared.note(self, nil, restarts)
    tell("ended", "its process \(end.text)", end)
  }

  /// Waits for another thread that starts the process.
  func awaitStart() { while restarts.isStarting { turn.wait(seconds: 1) } }

  /// Starts the process on another thread. Until then everything is lost.
  func startInBackground() {
    restarts.isStarting = true
    let history = history
    let hasThread = BackgroundThread.start("auscult-restart") { [self] in
      do throws(ProcessEnd) {
        let process = try start(history)
        exclusively { finishStart(process, nil) }
      } catch {
        exclusively { finishStart(nil, error) }
      }
    }
    if !hasThread { finishStart(nil, ProcessEnd(cause: .notStarted("the system has no room for another thread"))) }
  }

  private func finishStart(_ process: NodeProcess?, _ end: ProcessEnd?) {
    restarts.isStarting = false
    if restarts.isOver {
      process?.stop()
    } else if let process {
      install(process)
      tell("restarted", "runs again, in process \(process.number)", restarts.lastEnd)
    } else if let end {
      noteEnd(end)
    }
    turn.broadcast()
  }

  /// Ends the process for good.
  func end() {
    exclusively {
      restarts.isOver = true
      awaitStart()
      if let process, !process.hasEnded { _ = try? ask(.destroy, [], of: process) }
      process?.stop()
      process = nil
      answers.closeModels()
      IsolationList.shared.forget(self)
    }
  }

  // MARK: Control

  /// A call whose answer begins with an error's text and parameter if it fails.
  func control(
    _ kind: MessageKind, _ bytes: [UInt8], _ failure: UnsafeMutablePointer<auscult_error>?
  ) -> MessageReader? {
    awaitStart()
    do throws(ProcessEnd) {
      if process?.hasEnded ?? false { noteEnd(process!.reason) }
      if process == nil {
        // The call itself makes a new instance.
        install(try start(kind == .create ? StartHistory() : history))
      }
      var (status, answer) = try ask(kind, bytes, of: process!)
      if status == AUSCULT_OK { return answer }
      let (text, parameter) = (answer.text(), answer.text())
      failure?.pointee.set(text.isEmpty ? "its program does not know '\(kind)'" : text, parameter: parameter)
    } catch {
      failure?.pointee.set("its process \(error.text)")
      noteEnd(error)
    }
    return nil
  }

  // MARK: Reports

  /// Reports an end or a new start in the log and in the records.
  private func tell(_ state: String, _ text: String, _ end: ProcessEnd) {
    let isEnd = state == "ended"
    host.pointee.log(host, isEnd ? AUSCULT_LOG_ERROR : AUSCULT_LOG_WARNING, text)
    figure("restarts_total", Double(restarts.count))
    guard let table = host.pointee.extension(host, AUSCULT_ANNOUNCE)?.assumingMemoryBound(to: auscult_announce.self)
    else { return }
    let arena = Arena()
    var details = [("reason", text)]
    if isEnd { details += [("cause", end.kind), ("call", end.call)] }
    if isEnd, !hasNoDeadline { details.append(("restart_in", "\(restarts.seconds) s")) }
    var notice = auscult_notice()
    notice.size = UInt32(MemoryLayout<auscult_notice>.size)
    notice.channel = -1
    notice.kind = arena.text("isolation")
    notice.state = arena.text(state)
    // Negative: the present positions.
    (notice.begin, notice.end) = (losses.position ?? -1, losses.position ?? -1)
    notice.detail_count = UInt32(details.count)
    notice.details = UnsafePointer(
      arena.array(details.map { auscult_notice_detail(name: arena.text($0.0), text: arena.text($0.1)) }))
    withExtendedLifetime(arena) { table.pointee.announce(host, &notice) }
  }

  private func figure(_ name: String, _ value: Double) {
    host.pointee.extension(host, AUSCULT_FIGURES)?.assumingMemoryBound(to: auscult_figures.self)
      .pointee.set(host, name, value)
  }
}
