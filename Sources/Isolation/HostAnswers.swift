import CNodeABI
import IsolationMessages
import NodeABI
import RealtimeCore

/// Answers what a node's process asks of its host, with the host's own services.
///
/// Thread: that of the call in progress.
final class HostAnswers {
  private let host: UnsafePointer<auscult_host>
  /// Opened models, by the number that the process knows.
  private var models: [UInt32: OpaquePointer] = [:]
  private var lastModel: UInt32 = 0
  private static let mostModels = 64
  /// The last frame position that a process may name; it depends on the driver's rate.
  var farthest = Positions.farthest(rate: 1)
  /// Of the training in progress.
  var training: UnsafePointer<auscult_training>?
  var writer: UnsafePointer<auscult_model_writer>?
  var report: UnsafePointer<auscult_report_sink>?

  init(_ host: UnsafePointer<auscult_host>) { self.host = host }

  deinit { closeModels() }

  private func table<T>(_ name: String, _ type: T.Type) -> UnsafePointer<T>? {
    host.pointee.extension(host, name)?.assumingMemoryBound(to: type)
  }

  /// Those of a process that has ended.
  func closeModels() {
    guard let table = table(AUSCULT_MODELS, auscult_models.self) else { return }
    for model in models.values { table.pointee.close(model) }
    models = [:]
  }

  /// - Returns: the status of the answer; nil: this is no question.
  func answer(_ kind: MessageKind, _ message: inout MessageReader, _ answer: inout MessageWriter) -> Int32? {
    switch kind {
    case .log:
      let level = Int32(bitPattern: message.number(UInt32.self))
      host.pointee.log(host, (AUSCULT_LOG_DEBUG...AUSCULT_LOG_ERROR).contains(level) ? level : 1, message.text())
    case .wallTime: answer.add(host.pointee.wall_time(host, position(&message)))
    case .clockSteps: answer.add(host.pointee.clock_steps(host))
    case .file: answer.add(text: host.pointee.file(host))
    case .hasAbility: return host.pointee.extension(host, message.text()) != nil ? 0 : -1
    case .beganAt:
      guard let run = table(AUSCULT_RUN, auscult_run.self) else { return -1 }
      answer.add(run.pointee.began(host))
      answer.add(text: run.pointee.name(host))
      answer.add(UInt32(bitPattern: run.pointee.is_rehearsal(host)))
    case .graphHash:
      guard let run = table(AUSCULT_RUN, auscult_run.self) else { return -1 }
      answer.add(text: run.pointee.graph_hash(host, message.number()))
    case .setRemark:
      let (channel, topic, text) = (message.number(UInt32.self), message.text(), message.optionalText())
      table(AUSCULT_REMARKS, auscult_remarks.self)?.pointee.set(host, channel, topic, text)
    case .setFigure:
      let name = message.text()
      table(AUSCULT_FIGURES, auscult_figures.self)?.pointee.set(host, name, message.real())
    case .setProblem: table(AUSCULT_OUTAGES, auscult_outages.self)?.pointee.set(host, message.optionalText())
    case .lost:
      let (begin, end) = (position(&message), position(&message))
      table(AUSCULT_OUTAGES, auscult_outages.self)?.pointee.lost(
        host, begin, max(begin, end), min(message.number(), 1 << 40))
    case .announce: announce(&message)
    case .nextNotice: return nextNotice(message.number(), &answer)
    case .openModel, .closeModel, .machine, .machines, .tensor, .modelText, .threshold, .labels, .digest:
      return model(kind, &message, &answer)
    case .progress, .epoch, .learnedTensor, .learnedText, .figure: return training(kind, &message)
    default: return nil
    }
    return 0
  }

  private func position(_ message: inout MessageReader) -> Int64 { min(max(0, message.number()), farthest) }

  // MARK: Notices

  private func announce(_ message: inout MessageReader) {
    let arena = Arena()
    var notice = auscult_notice()
    notice.size = UInt32(MemoryLayout<auscult_notice>.size)
    notice.channel = max(-1, message.number())
    notice.kind = message.nativeText(arena)
    notice.state = message.nativeText(arena)
    notice.machine = message.nativeText(arena)
    notice.begin = min(message.number(), farthest)
    notice.end = min(message.number(), farthest)
    let details = (0..<message.count(least: 8)).map { _ in
      auscult_notice_detail(name: message.nativeText(arena), text: message.nativeText(arena))
    }
    notice.detail_count = UInt32(min(details.count, 32))
    notice.details = UnsafePointer(arena.array(details))
    guard !message.isBad else { return }
    withExtendedLifetime(arena) {
      table(AUSCULT_ANNOUNCE, auscult_announce.self)?.pointee.announce(host, &notice)
    }
  }

  private func nextNotice(_ through: Int64, _ answer: inout MessageWriter) -> Int32 {
    var notice = auscult_notice()
    notice.size = UInt32(MemoryLayout<auscult_notice>.size)
    guard let table = table(AUSCULT_NOTICES, auscult_notices.self), table.pointee.next(host, through, &notice) == 1
    else { return -1 }
    answer.add(notice.channel)
    for text in [notice.kind, notice.state, notice.node, notice.machine] { answer.add(text: text) }
    answer.add(notice.begin)
    answer.add(notice.end)
    answer.add(notice.detail_count)
    for index in 0..<Int(notice.detail_count) {
      answer.add(text: notice.details[index].name)
      answer.add(text: notice.details[index].text)
    }
    return 0
  }

  // MARK: Models

  private func model(_ kind: MessageKind, _ message: inout MessageReader, _ answer: inout MessageWriter) -> Int32 {
    guard let table = table(AUSCULT_MODELS, auscult_models.self) else { return -1 }
    if kind == .openModel { return open(message.text(), table, &answer) }
    let number = message.number(UInt32.self)
    guard let model = models[number] else { return -1 }
    switch kind {
    case .closeModel:
      table.pointee.close(model)
      models[number] = nil
    case .machine: answer.add(table.pointee.machine(model, message.text()))
    case .machines: answer.add(text: table.pointee.machines(model))
    case .tensor:
      let machine = Int32(bitPattern: message.number(UInt32.self))
      return tensor(model, machine, message.text(), table, &answer)
    case .modelText: answer.add(text: table.pointee.text(model, message.text()))
    case .threshold: answer.add(table.pointee.threshold(model, Int32(bitPattern: message.number(UInt32.self))))
    case .labels: answer.add(list: table.pointee.labels(model))
    default: answer.add(text: table.pointee.digest(model))
    }
    return 0
  }

  private func open(_ path: String, _ table: UnsafePointer<auscult_models>, _ answer: inout MessageWriter) -> Int32 {
    var (model, error) = (OpaquePointer?.none, auscult_error.empty)
    guard models.count < Self.mostModels else { return -1 }
    guard table.pointee.open(host, path, &model, &error) == AUSCULT_OK, let model else {
      answer.add(text: error.message)
      return -1
    }
    lastModel += 1
    models[lastModel] = model
    answer.add(lastModel)
    return 0
  }

  private func tensor(
    _ model: OpaquePointer, _ machine: Int32, _ name: String, _ table: UnsafePointer<auscult_models>,
    _ answer: inout MessageWriter
  ) -> Int32 {
    var (tensor, error) = (auscult_tensor(), auscult_error.empty)
    tensor.size = UInt32(MemoryLayout<auscult_tensor>.size)
    guard table.pointee.tensor(model, machine, name, &tensor, &error) == AUSCULT_OK else {
      answer.add(text: error.message)
      return -1
    }
    answer.add(tensor.type)
    answer.add(tensor.rank)
    var count = tensor.type == AUSCULT_FLOAT32 ? 4 : 8
    for index in 0..<Int(tensor.rank) {
      answer.add(tensor.shape[index])
      count *= Int(tensor.shape[index])
    }
    answer.add(plain: UnsafeRawBufferPointer(start: tensor.data, count: count))
    return 0
  }

  // MARK: Training

  private func training(_ kind: MessageKind, _ message: inout MessageReader) -> Int32? {
    switch kind {
    case .progress:
      guard let training else { return nil }
      let done = message.real()
      return training.pointee.progress(training, done.isFinite ? min(max(0, done), 1) : 0, message.text())
    case .epoch:
      guard let training, let report = training.pointee.epoch else { return nil }
      var epoch = auscult_epoch()
      epoch.size = UInt32(MemoryLayout<auscult_epoch>.size)
      epoch.machine = Int32(bitPattern: message.number(UInt32.self))
      guard epoch.machine < Int32(clamping: training.pointee.machine_count) else { return nil }
      epoch.number = message.number(UInt32.self)
      epoch.last = message.number(UInt32.self)
      epoch.loss = message.real()
      epoch.validation_loss = message.real()
      epoch.accuracy = message.real()
      epoch.validation_accuracy = message.real()
      return report(training, &epoch)
    case .learnedTensor:
      guard let writer else { return nil }
      return learnedTensor(&message, writer)
    case .learnedText:
      guard let writer else { return nil }
      let key = message.text()
      return writer.pointee.text(writer, key, message.text())
    default:
      guard let report else { return nil }
      let (of, name) = (message.text(), message.text())
      report.pointee.figure(report, of, name, message.real())
      return 0
    }
  }

  private func learnedTensor(_ message: inout MessageReader, _ writer: UnsafePointer<auscult_model_writer>) -> Int32? {
    let machine = Int32(bitPattern: message.number(UInt32.self))
    let name = message.text()
    let type = message.number(UInt32.self)
    let shape = (0..<message.count(least: 8)).map { _ in message.number(UInt64.self) }
    var count = type == AUSCULT_FLOAT32 ? 4 : 8
    for size in shape {
      let (next, overflows) = count.multipliedReportingOverflow(by: Int(clamping: size))
      guard !overflows, shape.count <= 8 else { return nil }
      count = next
    }
    let values = message.plain(count)
    guard !message.isBad, type == AUSCULT_FLOAT32 || type == AUSCULT_FLOAT64 else { return nil }
    // A copy that is aligned for its values.
    let arena = Arena()
    let copy = arena.raw(bytes: count)
    values.withUnsafeBytes { if let from = $0.baseAddress { copy.copyMemory(from: from, byteCount: count) } }
    return withExtendedLifetime(arena) {
      writer.pointee.tensor(writer, machine, name, type, UInt32(shape.count), shape, copy)
    }
  }
}
