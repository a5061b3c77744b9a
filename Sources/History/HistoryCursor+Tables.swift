import Database

extension HistoryCursor {
  /// Events of all kinds but scores, gaps and clips, which have tables of their own.
  static func events(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    let kinds = filter.kinds.map { $0.subtracting(["score", "gap", "clip"]).sorted() }
    let source = Source(
      table: "events", joins: "JOIN runs USING (run)", order: "event",
      columns: [
        .kind, .graph, .node, .channel, .machine, .state, .begin, .end, .rate, .score, .threshold, .cause, .generation,
        .model, .file, .id, .clip, .detail,
      ])
    let conditions = [("machine", filter.machines)] + (kinds.map { [("kind", $0)] } ?? [])
    return try HistoryCursor(connection, source, filter, conditions)
  }

  /// Gaps belong to no single machine.
  static func gaps(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    let source = Source(
      table: "gaps", kind: "gap", joins: "JOIN runs USING (run)", order: "gap",
      columns: [.graph, .node, .begin, .end, .rate, .cause, .count, .file])
    return try HistoryCursor(connection, source, filter)
  }

  static func clips(_ connection: Connection, _ filter: HistoryFilter) throws(DatabaseProblem) -> HistoryCursor {
    let source = Source(
      table: "clips", kind: "clip", joins: "JOIN runs USING (run)", order: "path",
      columns: [.graph, .machine, .begin, .end, .rate, .event, .path])
    return try HistoryCursor(connection, source, filter, [("machine", filter.machines)])
  }

  static func scores(
    _ connection: Connection, _ filter: HistoryFilter, machine: String, stretch: Int64? = nil
  ) throws(DatabaseProblem) -> HistoryCursor {
    let source = Source(
      table: "scores", kind: "score", joins: "JOIN runs USING (run) LEFT JOIN models USING (model)",
      order: "scores.run, scores.node",
      columns: [
        .machine, .graph, .node, .begin, .end, .rate, .score, .threshold, .anomalous, .flags, .generation, .className,
        .file, .hash,
      ])
    return try HistoryCursor(connection, source, filter, [("machine", [machine])], stretch: stretch)
  }

  /// The worst score of each stretch of time. Whole minutes come from the table `minutes`.
  static func worst(
    _ connection: Connection, _ filter: HistoryFilter, machine: String, every: Double
  ) throws(DatabaseProblem) -> HistoryCursor {
    let stretch = max(1, Int64(every * 1000)) * 1_000_000
    guard stretch % 60_000_000_000 == 0 else {
      return try scores(connection, filter, machine: machine, stretch: stretch)
    }
    let source = Source(
      table: "minutes", kind: "score", order: "node",
      columns: [.machine, .node, .score, .threshold, .count, .anomalous])
    // The minute in which the filter's time begins is in it.
    let begin = HistoryTime.minute(filter.begin)
    return try HistoryCursor(connection, source, filter, [("machine", [machine])], begin: begin, stretch: stretch)
  }
}
