import GraphText

/// Whether the graph runs: runs it on noise, with its outputs in a scratch folder.
enum GraphCheck: DoctorCheck {
  static func findings(_ examination: Examination) -> [Finding] {
    guard let graph = examination.graph else { return [] }
    do {
      let trial = try GraphMeasurement(graph, rate: examination.meter?.rate ?? 48000)
      examination.trial = trial
      let speed = Quantity.fixed(trial.speed, 0)
      let inputs = Quantity.count(trial.inputs.count, "channel")
      if trial.failed.isEmpty, trial.speed >= 2 {
        return [Finding("graph", .ok, "'\(graph.name)' runs \(speed) times as fast as its sound, with \(inputs)")]
      }
      if trial.failed.isEmpty {
        return [
          Finding(
            "graph", .warning, "'\(graph.name)' runs only \(Quantity.fixed(trial.speed, 1)) times as fast as its sound",
            advice: "`auscult bench` shows which node takes the time")
        ]
      }
      return [
        Finding(
          "graph", .problem, "nodes fail: \(trial.failed.joined(separator: ", "))",
          advice: "`auscult bench` prints their errors")
      ]
    } catch let error as DiagnosticsError {
      let text = error.diagnostics.first.map { $0.relative.rendered.split(separator: "\n").first ?? "" } ?? ""
      return [Finding("graph", .problem, String(text), advice: "`auscult check` shows all errors")]
    } catch {
      return [Finding("graph", .problem, "\(error)")]
    }
  }
}
