import History
import Records

/// Rows that wait for the database, within a limit. Beyond it the oldest scores are dropped and counted, and other rows
/// only if there are no scores.
struct WaitingRows {
  /// About 16 MB.
  static let most = 50_000

  private var rows: [HistoryRow] = []
  private var lost: WaitingLines.Loss?
  /// All rows dropped so far.
  private(set) var total = 0

  var count: Int { rows.count }
  var isEmpty: Bool { rows.isEmpty && lost == nil }

  mutating func add(_ row: HistoryRow, isBounded: Bool) {
    rows.append(row)
    if isBounded, rows.count > Self.most { drop() }
  }

  /// All rows, and what was dropped since the last time.
  mutating func take() -> ([HistoryRow], WaitingLines.Loss?) {
    defer { (rows, lost) = ([], nil) }
    return (rows, lost)
  }

  /// Rows that could not be written.
  mutating func putBack(_ batch: [HistoryRow], _ loss: WaitingLines.Loss?) {
    rows = batch + rows
    if let loss { note(loss) }
    if rows.count > Self.most { drop() }
  }

  /// Makes room for a tenth.
  private mutating func drop() {
    var left = rows.count - Self.most / 10 * 9
    for onlyScores in [true, false] where left > 0 {
      var kept: [HistoryRow] = []
      kept.reserveCapacity(rows.count)
      for row in rows {
        if left > 0, row.isScore || !onlyScores {
          left -= 1
          total += 1
          note(WaitingLines.Loss(count: 1, span: row.span))
        } else {
          kept.append(row)
        }
      }
      rows = kept
    }
  }

  private mutating func note(_ loss: WaitingLines.Loss) {
    guard let before = lost else {
      lost = loss
      return
    }
    lost = WaitingLines.Loss(
      count: before.count + loss.count,
      span: Span(begin: min(before.span.begin, loss.span.begin), end: max(before.span.end, loss.span.end)))
  }
}
