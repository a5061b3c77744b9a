import Database
import GraphText
import History
import JSONText
import LiveControl
import Records
import TextEscapes

/// The machines and graphs that a history has records of.
struct HistoryList {
  private let reader: HistoryReader
  private let machines: [String]

  /// - Parameter machines: only these; empty: all.
  init(_ reader: HistoryReader, _ machines: [String]) {
    (self.reader, self.machines) = (reader, machines)
  }

  private struct Row {
    var kind: String
    var name: String
    /// Nanoseconds since the Unix epoch; nil: not known.
    var first: Int64?
    var last: Int64?

    var cells: [String] { [kind, name, text(first) ?? "", text(last) ?? ""] }
    var json: JSONValue {
      .members([
        "kind": .text(kind), "name": .text(name), "first": text(first).map { .text($0) },
        "last": text(last).map { .text($0) },
      ])
    }
    private func text(_ time: Int64?) -> String? { time.map { wallTimeText($0) } }
  }

  func show(_ format: HistoryFormat) throws {
    let rows = try rows()
    switch format {
    case .json: for row in rows { Output.line(row.json) }
    case .csv:
      Output.line("kind,name,first,last")
      for row in rows { Output.line(row.cells.map { CSVText.field($0) }.joined(separator: ",")) }
    case .table:
      var table = Table([("what", .left), ("name", .left), ("first", .left), ("last", .left)])
      for row in rows { table.add(row.cells) }
      Output.line(table.text)
    }
  }

  private func rows() throws -> [Row] {
    do throws(DatabaseProblem) {
      var rows = try reader.graphs().map { Row(kind: "graph", name: $0.name, first: $0.first, last: $0.last) }
      for machine in machines.isEmpty ? try reader.machines() : machines {
        let range = try reader.range(of: machine)
        rows.append(Row(kind: "machine", name: machine, first: range?.first, last: range?.last))
      }
      return rows
    } catch {
      throw Failure.wording(error)
    }
  }
}
