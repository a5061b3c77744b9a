import Glibc
import NodeKit
import OutputFiles

/// Writes lines to a file that is cut into parts. While the file can't be written, lines wait within a limit. Lines
/// that did not fit are reported by a line of their own when the file can be written again.
///
/// Thread: control and worker, never two at once.
public final class LineOutput {
  /// The most bytes of lines that wait in memory.
  public static let mostWaiting = 8 << 20

  public let file: OutputFile
  private let limit: RotationLimit?
  private let host: Host
  /// Makes the line that reports a loss.
  public var lossLine: ((WaitingLines.Loss) -> WaitingLines.Line)?
  private var lines = WaitingLines(most: mostWaiting)
  private var outage: Outage
  /// Time of the first line of the current part, in nanoseconds since the Unix epoch.
  private var partBegin: Int64?
  /// Another instance of the node may still hold the file: in a swap, the old node releases it a little later.
  private var isSharing = false

  public init(_ file: OutputFile, limit: RotationLimit?, host: Host) {
    self.file = file
    self.limit = limit
    self.host = host
    outage = Outage(host)
    file.tell = { [host] in host.log(.warning, $0) }
  }

  /// Opens the file. If the disk is full, lines wait.
  ///
  /// - Parameter sharing: another instance of the node wrote to the file until now.
  public func open(sharing: Bool) throws(FileProblem) {
    isSharing = sharing
    do {
      try file.open(sharing: sharing)
      if !sharing { try mendEnd() }
      partBegin = firstTime()
    } catch {
      guard [ENOSPC, EDQUOT].contains(error.code) else { throw error }
      note(error)
    }
  }

  public func add(_ new: [WaitingLines.Line]) {
    for line in new { lines.add(line) }
  }

  /// Writes the waiting lines, unless the last failure was too recent.
  ///
  /// - Parameter isPatient: there is no deadline: a failure ends the run, and no line is dropped.
  public func flush(isPatient: Bool) throws(FileProblem) {
    guard !lines.isEmpty, outage.isDue || isPatient else { return }
    file.waitsForReader = isPatient
    do throws(FileProblem) {
      try writeAll()
      tellEnd()
    } catch {
      if isPatient { throw error }
      note(error)
    }
  }

  /// The last attempt to write. Lines that can't be written now are lost.
  ///
  /// - Parameter isPatient: there is no deadline, so wait for the reader of a pipe. Nil: do not wait for it at all.
  public func finish(isPatient: Bool? = nil) throws(FileProblem) {
    if isPatient == true { file.waitsForReader = true }
    try writeRest()
    if let isPatient { try file.drain(seconds: isPatient ? nil : 0.3) }
  }

  private func writeRest() throws(FileProblem) {
    guard !lines.isEmpty else { return }
    do throws(FileProblem) {
      try writeAll()
      tellEnd()
    } catch {
      let count = lines.count + lines.total
      throw FileProblem(
        "\(error.description). \(count) \(count == 1 ? "record is" : "records are") lost", code: error.code)
    }
  }

  /// Closes the file and opens it again at its path.
  public func reopen() {
    file.close()
    do throws(FileProblem) {
      try openAgain()
    } catch {
      note(error)
    }
  }

  // MARK: Writing

  private func writeAll() throws(FileProblem) {
    let before = file.size
    if file.isInPlace() {
      // The old instance has released the file, so it is no longer shared.
      if file.isLocked { isSharing = false }
      // Another program has shortened the file, perhaps in the middle of a line.
      if file.size < before { try mendEnd() }
    } else {
      let wasOpen = file.isOpen
      file.close()
      try openAgain()
      if wasOpen, file.size == 0 { host.log(.warning, "\(file.path) was moved away or removed: begins a new file") }
    }
    if let lossLine {
      lines.recordLoss { loss in
        outage.record(loss)
        return lossLine(loss)
      }
    }
    while let piece = nextPiece() {
      if piece.isEmpty {
        try file.rotate()
        partBegin = nil
      } else {
        try write(piece)
      }
    }
  }

  private func openAgain() throws(FileProblem) {
    file.appends = true
    try file.open(sharing: isSharing)
    try mendEnd()
    partBegin = firstTime()
  }

  private func write(_ bytes: [UInt8]) throws(FileProblem) {
    file.trim(adding: bytes.count)
    var taken = 0
    defer { lines.written(taken) }
    try bytes.withBytes { (buffer) throws(FileProblem) in try file.write(buffer, taken: &taken) }
  }

  /// The lines to write into this part now; empty: the part is full; nil: there are no lines.
  private func nextPiece() -> [UInt8]? {
    guard let first = lines.waiting.first else { return nil }
    var piece: [UInt8] = []
    for line in lines.waiting {
      if isFull(adding: line.bytes.count, waiting: piece.count, line.time) { break }
      if partBegin == nil { partBegin = line.time }
      piece.append(contentsOf: line.bytes)
      if piece.count > 1 << 20 { break }
    }
    if piece.isEmpty { partBegin = first.time }
    return piece
  }

  /// Whether the next line belongs to the next part. A part has at least one line.
  private func isFull(adding count: Int, waiting: Int, _ time: Int64) -> Bool {
    let held = file.size + waiting
    guard file.hasParts, held > 0 else { return false }
    if file.isFull(adding: waiting + count) { return true }
    switch limit {
    case nil: return false
    case .bytes(let most): return held + count > most
    case .seconds(let most): return partBegin.map { Double(time - $0) >= most * 1e9 } ?? false
    }
  }

  // MARK: Files of earlier runs

  /// Ends the last line if an earlier run was killed while it wrote, or removes half a line.
  private func mendEnd() throws(FileProblem) {
    guard file.isRegular, file.size > 0 else { return }
    let most = 1 << 20
    let tail = file.read(min(file.size, most), at: max(0, file.size - most))
    guard let last = tail.last, last != UInt8(ascii: "\n") else { return }
    let end = tail.lastIndex(of: UInt8(ascii: "\n"))
    guard end != nil || file.size <= most else { return try file.setAside("ends in a line without an end") }
    let rest = tail[(end.map { $0 + 1 } ?? 0)...]
    if rest.first == UInt8(ascii: "{"), last == UInt8(ascii: "}") {
      try file.write([UInt8(ascii: "\n")])
      return host.log(.warning, "\(file.path): ended its last line, which a run had left without an end")
    }
    try file.cut(to: file.size - rest.count)
    host.log(.warning, "\(file.path): cut off \(rest.count) bytes of an unfinished line, which a run had left")
  }

  /// Time of the first line that has one. It tells the age of a part that an earlier run began.
  private func firstTime() -> Int64? {
    guard case .seconds? = limit, file.isRegular, file.size > 0 else { return nil }
    let head = String(decoding: file.read(min(file.size, 1 << 16), at: 0), as: UTF8.self)
    guard let key = head.utf8.firstRange(of: #""time":""#.utf8) else { return nil }
    return wallTime(head.utf8[key.upperBound...].prefix(24))
  }

  // MARK: Messages

  private func note(_ problem: FileProblem) {
    outage.fail(problem)
  }

  private func tellEnd() {
    outage.end(
      file.path,
      lines.total > 0 ? "\(lines.total) records were lost in all; its gap records say where" : "no record is lost")
  }
}
