import Glibc
import NodeKit
import OutputFiles

/// Lines on their way into a file that is cut into parts. While it can't be written they wait, within bounds; what had to
/// be let go of is recorded by a line of its own as soon as there is a place for it again.
///
/// Thread: control and worker, never two at once.
public final class LineOutput {
  /// Lines wait in so many bytes of memory at most.
  public static let mostWaiting = 8 << 20

  public let file: OutputFile
  private let limit: RotationLimit?
  private let host: Host
  /// Words a loss as a line.
  public var lossLine: ((WaitingLines.Loss) -> WaitingLines.Line)?
  private var lines = WaitingLines(most: mostWaiting)
  private var outage: Outage
  /// Time of the first line of the part that is being written.
  private var partBegin: Int64?
  /// Another instance of the node may still hold the file: a swap lets go of it when this one writes already.
  private var isSharing = false

  public init(_ file: OutputFile, limit: RotationLimit?, host: Host) {
    self.file = file
    self.limit = limit
    self.host = host
    outage = Outage(host)
    file.tell = { [host] in host.log(.warning, $0) }
  }

  /// Opens the file. A full disk is no reason not to begin: lines wait for it.
  ///
  /// - Parameter sharing: another instance of the node wrote to it until now.
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

  /// Writes what waits, unless a failure was too short a time ago.
  ///
  /// - Parameter isPatient: there is no deadline: a failure is the end, and nothing is let go of.
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

  /// The last attempt. What can't be written then is lost.
  ///
  /// - Parameter isPatient: there is no deadline: the reader of a pipe is waited for. Nil: it is not waited for at all.
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
      // The instance before has let go of it: from now on it is shared no more.
      if file.isLocked { isSharing = false }
      // Another program has cut it, perhaps in the middle of a line.
      if file.size < before { try mendEnd() }
    } else {
      let wasOpen = file.isOpen
      file.close()
      try openAgain()
      if wasOpen, file.size == 0 { host.log(.warning, "\(file.path) was moved away or removed: begins it anew") }
    }
    if let lossLine {
      lines.recordLoss { loss in
        outage.record(WaitingTokens.Loss(count: loss.count, span: loss.span))
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

  /// The lines that go into this part now; empty: the part is full. Nil: there are none.
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

  /// Whether the next line belongs to the next part. A part holds at least one.
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

  // MARK: What a run before has left

  /// Ends the last line, where the run before was killed while it wrote, or cuts what is only half of one.
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

  /// Time of the first line that has one: a part that a run before has begun is as old as that.
  private func firstTime() -> Int64? {
    guard case .seconds? = limit, file.isRegular, file.size > 0 else { return nil }
    let head = String(decoding: file.read(min(file.size, 1 << 16), at: 0), as: UTF8.self)
    guard let key = head.utf8.firstRange(of: #""time":""#.utf8) else { return nil }
    return wallTime(head.utf8[key.upperBound...].prefix(24))
  }

  // MARK: What is said

  private func note(_ problem: FileProblem) {
    outage.fail(problem)
  }

  private func tellEnd() {
    outage.end(
      file.path,
      lines.total > 0 ? "\(lines.total) records were lost in all, as its gap records say" : "no record is lost")
  }
}
