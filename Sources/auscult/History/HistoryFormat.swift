import ArgumentParser
import History
import JSONText
import LiveControl
import Records
import TextEscapes

/// How `auscult history` prints rows.
enum HistoryFormat: String, ExpressibleByArgument, CaseIterable {
  case table, csv, json
}

/// Prints rows as they come, so that memory does not depend on their number. A table is printed in pieces, so that its
/// columns fit.
final class HistoryPrinter {
  private static let piece = 500
  private static let columns = [
    "time", "machine", "kind", "state", "score", "threshold", "begin", "end", "node", "graph", "cause", "count", "id",
    "clip", "file", "detail",
  ]

  private let format: HistoryFormat
  /// Prints the last rows only.
  private let last: Int?
  private var rows: [HistoryRow] = []
  private(set) var count = 0

  init(_ format: HistoryFormat, last: Int? = nil) {
    self.format = format
    self.last = last
    if format == .csv { Output.data(Self.columns.joined(separator: ",") + "\n") }
  }

  func add(_ row: HistoryRow) {
    count += 1
    rows.append(row)
    if let last {
      // Not each time, because the rest of the rows moves.
      if rows.count / 2 >= last { rows.removeFirst(rows.count - last) }
    } else if rows.count >= Self.piece {
      flush()
    }
  }

  func flush() {
    defer { rows = [] }
    if let last, rows.count > last { rows.removeFirst(rows.count - last) }
    guard !rows.isEmpty else { return }
    switch format {
    case .json: for row in rows { Output.line(row.json) }
    case .csv: Output.data(rows.map { $0.fields.joined(separator: ",") + "\n" }.joined())
    case .table:
      var table = Table([
        ("time", .left), ("machine", .left), ("what", .left), ("score", .right), ("threshold", .right), ("", .left),
      ])
      for row in rows { table.add(row.cells) }
      Output.line(table.text)
    }
  }
}

extension HistoryRow {
  private var timeText: String { time.map { wallTimeText($0) } ?? "" }

  /// For people.
  var cells: [String] {
    [
      time == nil ? "frame \(span.end)" : timeText, machine ?? "", [kind, state ?? ""].joined(separator: " ").trimmed,
      score.map { Quantity.short($0) } ?? "", threshold.map { Quantity.short($0) } ?? "",
      notes.joined(separator: ", "),
    ]
  }

  private var notes: [String] {
    var notes: [String] = []
    if kind == "score", isAnomalous { notes.append("anomalous") }
    if !flags.isEmpty { notes.append(flags) }
    if let cause { notes.append(cause) }
    if kind == "gap" {
      notes.append(rate > 0 ? Quantity.frames(span.end - span.begin, rate: rate) + " frames" : "")
    }
    if let count { notes.append(kind == "score" ? "worst of \(count)" : Quantity.count(count, "token")) }
    if let className { notes.append(className) }
    if kind == "clip", let id { notes.append("alarm \(id)") }
    if let clip { notes.append(clip) }
    if let file { notes.append(file) }
    return notes.filter { !$0.isEmpty }
  }

  /// For programs.
  fileprivate var fields: [String] {
    [
      timeText, text(machine), text(kind), text(state), score.map { "\($0)" } ?? "", threshold.map { "\($0)" } ?? "",
      "\(span.begin)", "\(span.end)", text(node), text(graph), text(cause), count.map { "\($0)" } ?? "", text(id),
      text(clip), text(file), text(detail),
    ]
  }

  private func text(_ text: String?) -> String { CSVText.field(text ?? "") }

  fileprivate var json: JSONValue {
    .members([
      "time": time.map { .text(wallTimeText($0)) }, "machine": machine.map { .text($0) }, "kind": .text(kind),
      "state": state.map { .text($0) }, "score": score.map { .number($0) },
      "threshold": threshold.map { .number($0) }, "anomalous": kind == "score" ? .boolean(isAnomalous) : nil,
      "begin": .integer(span.begin), "end": .integer(span.end), "rate": rate > 0 ? .integer(Int64(rate)) : nil,
      "node": .text(node), "graph": graph.isEmpty ? nil : .text(graph), "channel": channel.map { .integer(Int64($0)) },
      "cause": cause.map { .text($0) }, "count": count.map { .integer($0) }, "id": id.map { .text($0) },
      "clip": clip.map { .text($0) }, "file": file.map { .text($0) }, "model": model.map { .text($0) },
      "class": className.map { .text($0) }, "generation": generation.map { .integer($0) },
      "flags": flags.isEmpty ? nil : .text(flags),
      "detail": detail.flatMap { try? JSONValue(parsing: Array($0.utf8)) },
    ])
  }
}

extension Quantity {
  /// Four digits: "0.0173", "12.35", "1.2e-07".
  static func short(_ number: Double) -> String {
    let size = abs(number)
    guard size != 0 else { return "0" }
    guard size >= 1e-3, size < 1e6 else {
      var exponent = 0
      var mantissa = number
      while abs(mantissa) >= 10 { (mantissa, exponent) = (mantissa / 10, exponent + 1) }
      while abs(mantissa) < 1 { (mantissa, exponent) = (mantissa * 10, exponent - 1) }
      return "\(fixed(mantissa, 2))e\(exponent)"
    }
    return fixed(number, size < 1 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1)
  }
}
