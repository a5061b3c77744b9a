import GraphText
import LiveControl
import RunControl

/// The part of `auscult status` about machines and ports.
struct MachinesText {
  private let status: JSONValue

  init(_ status: JSONValue) { self.status = status }

  var lines: [String] {
    var lines: [String] = []
    let machines = status["machines"]?.array ?? []
    if !machines.isEmpty { lines += ["", table(machines).text] }
    let remarks = machines.flatMap(remarks)
    if !remarks.isEmpty { lines += [""] + remarks }
    let ports = status["ports"]?.array ?? []
    if !ports.isEmpty { lines += [""] + ports.map(port) }
    return lines.isEmpty ? [] : lines + [""]
  }

  private func table(_ machines: [JSONValue]) -> Table {
    var table = Table([
      ("machine", .left), ("health", .left), ("level", .right), ("peak", .right), ("score", .right),
      ("threshold", .right), ("age", .right), ("alarm", .left),
    ])
    for machine in machines {
      let scores = machine["scores"]?.array ?? []
      let alarms = machine["alarms"]?.array ?? []
      for row in 0..<max(1, scores.count, alarms.count) {
        let score = row < scores.count ? scores[row] : nil
        table.add(
          (row == 0 ? head(machine) : ["", "", "", ""]) + figures(score)
            + [row < alarms.count ? alarm(alarms[row], isOne: alarms.count == 1) : ""])
      }
    }
    return table
  }

  /// "fan-03, judge: learned from 300 tokens ..."
  private func remarks(_ machine: JSONValue) -> [String] {
    (machine["remarks"]?.array ?? []).map { remark in
      "\((machine["machine"]?.text ?? "?").shown), \((remark["node"]?.text ?? "?").shown): "
        + (remark["text"]?.text ?? "?").shown
    }
  }

  private func head(_ machine: JSONValue) -> [String] {
    let cause = machine["cause"]?.text.map { " (\($0))" } ?? ""
    let failed = machine["failed_nodes"]?.array?.compactMap(\.text).joined(separator: ", ")
    let level = { (name: String) -> String in
      guard let level = machine["level"] else { return "-" }
      return level[name]?.number.map { "\(Quantity.fixed($0, 1)) dBFS" } ?? "silent"
    }
    return [
      machine["machine"]?.text ?? "?", (machine["health"]?.text ?? "?") + (failed.map { " (\($0))" } ?? cause),
      level("rms_dbfs"), level("peak_dbfs"),
    ]
  }

  private func figures(_ score: JSONValue?) -> [String] {
    guard let score, let value = score["score"]?.number else { return ["-", "-", "-"] }
    return [
      Significant.text(value), score["threshold"]?.number.map { Significant.text($0) } ?? "-",
      score["age_seconds"]?.number.map { Quantity.seconds($0) } ?? "-",
    ]
  }

  private func alarm(_ alarm: JSONValue, isOne: Bool) -> String {
    var words = alarm["state"]?.text ?? "?"
    if alarm["inhibited_since"] != nil { words += ", inhibited" }
    return isOne ? words : "\(alarm["node"]?.text ?? "?"): \(words)"
  }

  private func port(_ port: JSONValue) -> String {
    let name = (port["port"]?.text ?? "?").shown
    let since = port["since"]?.text.map { " since \($0)" } ?? ""
    let peers = port["peers"]?.array?.compactMap { $0["port"]?.text?.shown } ?? []
    return "port      \(name): " + (peers.isEmpty ? "not connected" : "connected to " + peers.joined(separator: ", "))
      + since
  }
}

/// The output of `auscult status --check` for a run.
struct HealthCheck {
  private let status: JSONValue

  init(_ status: JSONValue) { self.status = status }

  var isWell: Bool { troubles.isEmpty }

  /// "OK fan-watch: 2 machines", "CRITICAL fan-watch: fan-03 is deaf (silent), node 'log' failed"
  var line: String {
    let name = (status["name"]?.text ?? "?").shown
    guard isWell else { return "CRITICAL \(name): \(troubles.joined(separator: ", "))" }
    let machines = status["machines"]?.array ?? []
    let notes = machines.compactMap { machine -> String? in
      guard let health = machine["health"]?.text, health != "ok" else { return nil }
      return "\((machine["machine"]?.text ?? "?").shown): \(health)"
    }
    let abandoned = (status["abandoned"]?.object ?? [:]).reduce(0) { $0 + ($1.value.integer ?? 0) }
    let leaks =
      abandoned == 0 ? [] : ["leaking \(Quantity.count(abandoned, "instance")) of nodes that never returned"]
    return "OK \(name): " + ([Quantity.count(machines.count, "machine")] + notes + leaks).joined(separator: ", ")
  }

  var json: JSONValue {
    [
      "name": .text(status["name"]?.text ?? "?"), "ok": .boolean(isWell), "health": status["health"] ?? .null,
      "problems": .texts(troubles),
    ]
  }

  private var troubles: [String] {
    let machines = (status["machines"]?.array ?? []).compactMap { machine -> String? in
      let name = (machine["machine"]?.text ?? "?").shown
      switch machine["health"]?.text {
      case "deaf": return "\(name) is deaf (\(machine["cause"]?.text ?? "?"))"
      case "overdue": return "\(name): a score is overdue\(age(machine))"
      default: return nil
      }
    }
    let texts = { (name: String) in (status[name]?.array ?? []).compactMap(\.text) }
    let server = status["server"]?.text ?? "?"
    let servers =
      status["waits_for_server"] == true
      ? ["no JACK server '\(server.shown)' at \(status["rate"]?.integer ?? 0) Hz"] : []
    return servers + machines + texts("failed_nodes").map { "node '\($0.shown)' failed" }
      + texts("late_nodes").map { "\($0.shown) does not return" }
      + (status["blocked_outputs"]?.array ?? []).map { output in
        "output '\((output["node"]?.text ?? "?").shown)' can't be written (\((output["problem"]?.text ?? "?").shown))"
      }
  }

  private func age(_ machine: JSONValue) -> String {
    let ages = (machine["scores"]?.array ?? []).compactMap { $0["age_seconds"]?.number }
    return ages.max().map { ", the last one is \(Quantity.seconds($0)) old" } ?? ", none so far"
  }
}
