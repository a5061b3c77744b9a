import JSONText

/// The runs in the text format of Prometheus: base units, `_total` for counters.
struct Metrics {
  private struct Family {
    var type: String
    var help: String
    /// A summary's samples have names of their own.
    var samples: [(name: String, labels: [(String, String)], value: Double)] = []
  }

  private var names: [String] = []
  private var families: [String: Family] = [:]

  init(_ runs: [String: Board.Run]) {
    for (name, run) in runs.sorted(by: { $0.key < $1.key }) {
      let status = run.isAnswering ? run.status : nil
      add("auscult_up", "gauge", "Whether the run answers.", [("run", name)], status == nil ? 0 : 1)
      if let status { add(status, [("run", name)]) }
    }
  }

  /// A run that does not answer has no other samples.
  private mutating func add(_ status: JSONValue, _ run: [(String, String)]) {
    for (member, name, help) in Self.counters {
      add(name, "counter", help, run, status[member]?.number)
    }
    add("auscult_load_ratio", "gauge", "Share of the time that cycles take.", run, status["load"]?.number)
    add("auscult_generation", "gauge", "Number of the graph that runs.", run, status["generation"]?.number)
    add("auscult_run_seconds", "gauge", "Time since the run began.", run, status["seconds"]?.number)
    add(
      "auscult_waits_for_server", "gauge", "Whether there is no JACK server.", run,
      status["waits_for_server"].map { number($0 == true) })
    addCycleTimes(status, run)
    let blocked = Set((status["blocked_outputs"]?.array ?? []).compactMap { $0["node"]?.text })
    for node in status["nodes"]?.array ?? [] {
      let name = node["name"]?.text ?? ""
      let labels = run + [("node", name)]
      add("auscult_node_calls_total", "counter", "Calls of a node.", labels, node["calls"]?.number)
      add(
        "auscult_node_busy_seconds_total", "counter", "Time in calls of a node on a worker.", labels,
        node["busy_ns"]?.number.map { $0 / 1e9 })
      add("auscult_node_failed", "gauge", "Whether a node is quarantined.", labels, number(node["failed"] == true))
      add(
        "auscult_node_blocked", "gauge", "Whether an output can't be written.", labels, number(blocked.contains(name)))
    }
    for (node, figures) in (status["figures"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      add(figures: figures, run + [("node", node)])
    }
    for queue in status["queues"]?.array ?? [] {
      add(
        "auscult_queue_dropped_tokens_total", "counter", "Tokens that did not fit into a queue.",
        run + [("from", queue["from"]?.text ?? ""), ("to", queue["to"]?.text ?? "")], queue["dropped_tokens"]?.number)
    }
    for machine in status["machines"]?.array ?? [] { add(machine: machine, run) }
  }

  /// The sum is the time of all cycles.
  private mutating func addCycleTimes(_ status: JSONValue, _ run: [(String, String)]) {
    let (name, type, help) = (
      "auscult_cycle_duration_seconds", "summary", "Time that a share of the cycles do not exceed."
    )
    for (quantile, member) in [("0.5", "cycle_p50_ns"), ("0.99", "cycle_p99_ns"), ("0.999", "cycle_p999_ns")] {
      add(name, type, help, run + [("quantile", quantile)], status[member]?.number.map { $0 / 1e9 })
    }
    guard let load = status["load"]?.number, let frames = status["frames"]?.number, let rate = status["rate"]?.number,
      rate > 0
    else { return }
    add(name, type, help, run, load * frames / rate, suffix: "_sum")
    add(name, type, help, run, status["cycles"]?.number, suffix: "_count")
  }

  /// What nodes report about themselves, such as messages that wait for a broker. The names come from plugins.
  private mutating func add(figures: JSONValue, _ labels: [(String, String)]) {
    for (name, value) in (figures.object ?? [:]).sorted(by: { $0.key < $1.key }) {
      let isPlain = name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "_")
      }
      guard isPlain, !name.isEmpty else { continue }
      add(
        "auscult_figure_\(name)", name.hasSuffix("_total") ? "counter" : "gauge", "What nodes report as \(name).",
        labels, value.number)
    }
  }

  private mutating func add(machine: JSONValue, _ run: [(String, String)]) {
    let labels = run + [("machine", machine["machine"]?.text ?? "")]
    add("auscult_machine_deaf", "gauge", "Whether nothing is heard.", labels, number(machine["health"] == "deaf"))
    add(
      "auscult_machine_overdue", "gauge", "Whether a score is overdue.", labels, number(machine["health"] == "overdue"))
    add(
      "auscult_input_level_dbfs", "gauge", "Level of the input, root mean square.", labels,
      machine["level"]?["rms_dbfs"]?.number)
    for score in machine["scores"]?.array ?? [] {
      let labels = labels + [("node", score["node"]?.text ?? "")]
      add("auscult_score", "gauge", "The latest score.", labels, score["score"]?.number)
      add("auscult_threshold", "gauge", "Scores above it are anomalous.", labels, score["threshold"]?.number)
      add("auscult_score_age_seconds", "gauge", "Age of the latest score.", labels, score["age_seconds"]?.number)
    }
    for alarm in machine["alarms"]?.array ?? [] {
      add(
        "auscult_alarm_raised", "gauge", "Whether an alarm is raised.", labels + [("node", alarm["node"]?.text ?? "")],
        number(alarm["state"] == "raised"))
    }
  }

  private static let counters = [
    ("frames", "auscult_frames_total", "Driver frames that were processed."),
    ("cycles", "auscult_cycles_total", "Cycles."),
    ("gaps", "auscult_gaps_total", "Stretches of sound that were lost."),
    ("lost_frames", "auscult_lost_frames_total", "Frames in these gaps."),
    ("dropped_tokens", "auscult_dropped_tokens_total", "Tokens that did not fit into queues."),
    ("unmatched_tokens", "auscult_unmatched_tokens_total", "Tokens of joins without a partner."),
    ("xruns", "auscult_xruns_total", "Xruns that JACK reported."),
    ("overruns", "auscult_overruns_total", "Cycles that ended after the next one should have begun."),
    ("lost_by_outputs", "auscult_unwritten_tokens_total", "Tokens that outputs could not write."),
  ]

  private func number(_ truth: Bool) -> Double { truth ? 1 : 0 }

  private mutating func add(
    _ name: String, _ type: String, _ help: String, _ labels: [(String, String)], _ value: Double?,
    suffix: String = ""
  ) {
    guard let value else { return }
    if families[name] == nil {
      names.append(name)
      families[name] = Family(type: type, help: help)
    }
    families[name]!.samples.append((name + suffix, labels, value))
  }

  var text: String {
    names.map { name in
      let family = families[name]!
      return "# HELP \(name) \(family.help)\n# TYPE \(name) \(family.type)\n"
        + family.samples.map { sample in
          let labels = sample.labels.map { "\($0.0)=\"\(escaped($0.1))\"" }.joined(separator: ",")
          return "\(sample.name){\(labels)} \(sample.value)\n"
        }.joined()
    }.joined()
  }

  private func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": result += "\\\\"
      case "\"": result += "\\\""
      case "\n": result += "\\n"
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result
  }
}
