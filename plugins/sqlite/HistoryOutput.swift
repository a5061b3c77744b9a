import Glibc
import History
import NodeKit
import OutputFiles
import Records
import SystemCalls

/// Rows on their way into the database, and the thread that writes them.
///
/// The thread alone uses the database between `begin` and `end`.
final class HistoryOutput: @unchecked Sendable {
  /// Seconds between two transactions.
  private static let pause = 1.0
  /// Rows that are written without waiting, and for which a run without a deadline waits.
  private static let many = 10_000

  private let file: HistoryFile
  private let host: Host
  /// Makes the record that reports a loss.
  var lossRecord: ((WaitingLines.Loss) -> Record)?

  private let condition = Condition()
  // Under the lock.
  private var rows = WaitingRows()
  private var run: HistoryWriter.Run?
  private var isPatient = false
  private var isEnding = false
  private var isOver = true
  private var isWriting = false
  private var isHurried = false
  private var mustReopen = false
  private var problem: FileProblem?

  // Of the thread.
  private var outage: Outage
  private let figures: Figures?
  private var isSharing = false

  init(_ file: HistoryFile, host: Host) {
    self.file = file
    self.host = host
    outage = Outage(host)
    figures = Figures(host)
  }

  // MARK: Control thread

  /// Opens the database and starts the thread. If the disk is full, rows wait.
  ///
  /// - Parameter sharing: another instance of the node wrote to the file until now.
  func begin(sharing: Bool) throws(FileProblem) {
    isSharing = sharing
    if sharing { file.continueFile() }
    outage = Outage(host)
    do {
      tell(try file.open(sharing: sharing))
    } catch {
      guard error.code == ENOSPC else { throw error }
      outage.fail(error)
    }
    (isEnding, isOver, isWriting, problem, run) = (false, false, false, nil, nil)
    guard BackgroundThread.start("auscult-sqlite", { [self] in write() }) else {
      isOver = true
      file.letGo()
      throw FileProblem("the system has no room for another thread, which writes \(file.path)", code: EAGAIN)
    }
  }

  /// Writes what waits, once more, and closes the database.
  func end() {
    condition.lock()
    isEnding = true
    condition.broadcast()
    while !isOver { condition.wait(seconds: 1) }
    let (lost, reason) = (rows.count + rows.total, problem)
    condition.unlock()
    file.letGo()
    if let reason, lost > 0 {
      host.log(.error, "\(reason.description). \(lost) \(lost == 1 ? "record is" : "records are") lost")
    }
  }

  func reopen() {
    condition.lock()
    mustReopen = true
    condition.unlock()
  }

  // MARK: Worker

  func add(_ records: [Record]) {
    guard !records.isEmpty else { return }
    condition.lock()
    defer { condition.unlock() }
    if run == nil {
      let began = host.liveSince
      run = HistoryWriter.Run(
        node: host.node, source: began == 0 ? "files" : "live", began: began == 0 ? HistoryTime.now : began)
    }
    for record in records { rows.add(HistoryRow(record), isBounded: !isPatient) }
    if rows.count >= Self.many { condition.broadcast() }
  }

  /// In a run without a deadline, waits until the thread has nearly caught up, and at the end until it has.
  ///
  /// - Throws: only then, if the database can't be written.
  func pass(isPatient: Bool, hasEnded: Bool) throws(FileProblem) {
    condition.lock()
    defer { condition.unlock() }
    self.isPatient = isPatient
    guard isPatient else { return }
    let most = hasEnded ? 0 : Self.many
    while problem == nil, !isOver, rows.count > most || hasEnded && isWriting {
      isHurried = true
      condition.broadcast()
      condition.wait(seconds: 1)
    }
    if let problem { throw problem }
  }

  // MARK: The thread

  private func write() {
    condition.lock()
    while true {
      let deadline = Condition.Deadline(in: Self.pause)
      while !isEnding, !isHurried, rows.count < Self.many, condition.wait(until: deadline) {}
      let isLast = isEnding
      isHurried = false
      if outage.isDue || isLast || isPatient { writeOnce() }
      // Rows that came during the last attempt are written, too; after a failure there is no other attempt.
      if isLast, rows.isEmpty || problem != nil { break }
      if problem != nil, rows.count >= Self.many, !isEnding { condition.wait(seconds: 0.2) }
    }
    isOver = true
    condition.broadcast()
    condition.unlock()
  }

  /// Called with the lock, which it gives back while it writes.
  private func writeOnce() {
    let (batch, loss) = rows.take()
    let (run, mustReopen, total) = (run, mustReopen, rows.total)
    self.mustReopen = false
    guard mustReopen || loss != nil || !batch.isEmpty, let run else { return }
    isWriting = true
    condition.unlock()
    let failure = attempt(batch, loss, run, mustReopen, lost: total)
    report(waiting: failure == nil ? 0 : batch.count, lost: total)
    condition.lock()
    isWriting = false
    problem = failure
    if failure != nil { rows.putBack(batch, loss) }
    condition.broadcast()
  }

  private func report(waiting: Int, lost: Int) {
    figures?.set("file_bytes", file.size)
    if let limit = file.limit { figures?.set("limit_bytes", limit) }
    figures?.set("waiting_rows", waiting)
    figures?.set("dropped_total", lost)
  }

  private func tell(_ opening: HistoryFile.Opening) {
    switch opening {
    case .ready: break
    case .movedAway: host.log(.warning, "\(file.path) was moved away or removed: begins a new file")
    case .setAside(let aside):
      host.log(
        .error,
        "\(file.path) is damaged: moved it to \(aside) and began a new one; `sqlite3 FILE .recover` reads what is left")
    }
  }

  private func attempt(
    _ batch: [HistoryRow], _ loss: WaitingLines.Loss?, _ run: HistoryWriter.Run, _ mustReopen: Bool,
    lost total: Int
  ) -> FileProblem? {
    do throws(FileProblem) {
      if mustReopen { file.close() }
      tell(try file.open(sharing: isSharing))
      var batch = batch
      if let loss, let record = lossRecord?(loss) { batch.insert(HistoryRow(record), at: 0) }
      try file.write(batch, of: run)
    } catch {
      // The next attempt opens the file again: its disk may have been away.
      if !outage.isOn { host.log(.debug, "\(file.path) is closed until it can be written") }
      file.close()
      outage.fail(error)
      return error
    }
    if let loss { outage.record(loss) }
    outage.end(
      file.path, total > 0 ? "\(total) records were lost in all; its gaps say where" : "no record is lost")
    return nil
  }
}
