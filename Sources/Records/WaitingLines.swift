/// Lines that wait for their file, within a limit of bytes. Beyond it, the oldest lines are dropped and counted.
public struct WaitingLines {
  public struct Line {
    public var bytes: [UInt8]
    public var span: Span
    /// Time of its record, in nanoseconds since the Unix epoch, or since the stream's begin where that is not known.
    public var time: Int64
    /// A pipe has taken a part of it, so it is never dropped.
    var isBegun = false
    /// The dropped lines that this line reports.
    var loss: Loss?

    public init(_ bytes: [UInt8], span: Span, time: Int64) {
      self.bytes = bytes
      self.span = span
      self.time = time
    }
  }

  /// Lines dropped since the last report.
  public struct Loss: Equatable, Sendable {
    public var count: Int
    public var span: Span

    public init(count: Int, span: Span) {
      self.count = count
      self.span = span
    }
  }

  private var lost: Loss?
  /// All lines dropped so far.
  public private(set) var total = 0
  private var lines: [Line] = []
  /// Index of the first line that still waits.
  private var first = 0
  private var bytes = 0
  private let most: Int

  public init(most: Int) { self.most = most }

  public var isEmpty: Bool { first == lines.count && lost == nil }
  public var count: Int { lines.count - first }
  public var waiting: ArraySlice<Line> { lines[first...] }

  public mutating func add(_ line: Line) {
    lines.append(line)
    bytes += line.bytes.count
    guard bytes > most else { return }
    let keepsFirst = lines[first].isBegun
    while bytes > most, count > (keepsFirst ? 2 : 1) { letGo(keepsFirst ? first + 1 : first) }
  }

  private mutating func letGo(_ index: Int) {
    let line = lines[index]
    if index > first { lines[index] = lines[first] }
    first += 1
    bytes -= line.bytes.count
    if line.loss == nil { total += 1 }
    note(line.loss ?? Loss(count: 1, span: line.span))
    compact()
  }

  private mutating func note(_ loss: Loss) {
    guard let before = lost else {
      lost = loss
      return
    }
    lost = Loss(
      count: before.count + loss.count,
      span: Span(begin: min(before.span.begin, loss.span.begin), end: max(before.span.end, loss.span.end)))
  }

  /// Inserts a line that reports the loss before the waiting lines.
  public mutating func recordLoss(_ line: (Loss) -> Line) {
    guard let loss = lost else { return }
    lost = nil
    var new = line(loss)
    new.loss = loss
    lines.insert(new, at: first < lines.count && lines[first].isBegun ? first + 1 : first)
    bytes += new.bytes.count
  }

  /// Notes that `count` bytes of the first lines were written.
  public mutating func written(_ count: Int) {
    var left = count
    while left > 0, first < lines.count {
      let length = lines[first].bytes.count
      if left < length {
        lines[first].bytes.removeFirst(left)
        lines[first].isBegun = true
        bytes -= left
        return
      }
      left -= length
      bytes -= length
      first += 1
    }
    compact()
  }

  private mutating func compact() {
    guard first > 1024 && first * 2 > lines.count || first == lines.count else { return }
    lines.removeFirst(first)
    first = 0
  }
}

extension Record {
  /// The record as a waiting line.
  public var line: WaitingLines.Line {
    WaitingLines.Line(json, span: span, time: time ?? streamTime)
  }

  /// Nanoseconds of sound up to the span's end.
  private var streamTime: Int64 {
    let (seconds, frames) = span.end.quotientAndRemainder(dividingBy: Int64(rate))
    let (nanoseconds, isTooLarge) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    let (sum, overflows) = nanoseconds.addingReportingOverflow(frames * 1_000_000_000 / Int64(rate))
    return isTooLarge || overflows ? .max : sum
  }
}
