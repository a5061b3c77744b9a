import Database
import Glibc
import JSONText
import OutputFiles
import SystemCalls
import TextEscapes

/// Reads files of records that `sink.jsonl` has written into a history.
public struct HistoryImport {
  /// What became of a file's lines.
  public struct Outcome: Sendable, Equatable {
    public var rows = 0
    /// Lines that are no record, and the number of the first one.
    public var rejected = 0
    public var firstRejected: Int?
  }

  /// A longer line is no record.
  private static let longestLine = 4 << 20
  private static let batch = 5000

  private let file: HistoryFile
  private var outcome = Outcome()
  private var rows: [HistoryRow] = []

  /// - Parameter file: the history; it is made if it is missing.
  public init(into file: HistoryFile) { self.file = file }

  /// Reads one file. What the history has from the same path is replaced, so that a file can be imported again after it
  /// has grown.
  public mutating func read(_ path: String) throws(FileProblem) -> Outcome {
    outcome = Outcome()
    rows = []
    let descriptor = open(PathText.bytes(path), O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileProblem("open", path, errno) }
    defer { close(descriptor) }
    let source = LinkedPath.resolved(path.hasPrefix("/") ? path : workingFolder() + "/" + path)
    let run = HistoryWriter.Run(node: "import", source: PathText.shown(source), began: 0)
    try file.open()
    try file.remove(source: run.source)
    var (rest, number, isSkipping): ([UInt8], Int, Bool) = ([], 0, false)
    var piece = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      let count = uninterrupted { Glibc.read(descriptor, &piece, piece.count) }
      guard count >= 0 else { throw FileProblem("read", path, errno) }
      if count == 0 { break }
      var begin = 0
      while let end = piece[begin..<count].firstIndex(of: UInt8(ascii: "\n")) {
        rest += piece[begin..<end]
        number += 1
        if isSkipping { reject(number) } else { try take(rest, number, run) }
        (rest, isSkipping, begin) = ([], false, end + 1)
      }
      if !isSkipping { rest += piece[begin..<count] }
      if rest.count > Self.longestLine { (rest, isSkipping) = ([], true) }
    }
    // A run may be writing the last line at this moment.
    if isSkipping { reject(number + 1) } else if !rest.isEmpty { try take(rest, number + 1, run) }
    try flush(run)
    return outcome
  }

  private mutating func take(_ line: [UInt8], _ number: Int, _ run: HistoryWriter.Run) throws(FileProblem) {
    guard line.contains(where: { $0 > 0x20 }) else { return }
    guard let value = try? JSONValue(parsing: line), let row = HistoryRow(value) else { return reject(number) }
    rows.append(row)
    outcome.rows += 1
    if rows.count >= Self.batch { try flush(run) }
  }

  private mutating func reject(_ number: Int) {
    outcome.rejected += 1
    outcome.firstRejected = outcome.firstRejected ?? number
  }

  private mutating func flush(_ run: HistoryWriter.Run) throws(FileProblem) {
    try file.write(rows, of: run)
    rows = []
  }

  private func workingFolder() -> String {
    guard let pointer = getcwd(nil, 0) else { return "." }
    defer { free(pointer) }
    return PathText.text(UnsafeRawBufferPointer(start: pointer, count: strlen(pointer)))
  }
}
