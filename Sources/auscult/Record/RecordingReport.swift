import FileDriver
import LiveControl
import RunControl
import Tapes
import TextEscapes

/// What `auscult record` says at the end: the files, their levels, and what to change.
struct RecordingReport {
  private struct Row {
    var machine: RecordingGraph.Machine
    var level: GrowingWav
    var seconds: Double

    /// What is wrong with the level, and what to do; nil: nothing.
    var advice: String? {
      guard let peak = level.peakLevel else { return "silent: check the cable and the port (`auscult ports --meter`)" }
      let text = "peak \(Quantity.fixed(peak, 1)) dB"
      if level.clipped > 0 {
        return "\(text), \(Quantity.count(level.clipped, "clipped sample")): turn the input down, and record again"
      }
      if peak < -50 { return "\(text), which is very quiet: turn the input up, or move the microphone nearer" }
      return nil
    }
  }

  private let rows: [Row]
  /// Stretches of sound that were lost; 0 if nothing was recorded.
  private let gaps: Int64
  private let lostFrames: Int64
  private let console: Console

  init(_ machines: [RecordingGraph.Machine], _ levels: [GrowingWav], _ end: LiveRun.End?, _ console: Console) {
    self.console = console
    gaps = end?.gaps ?? 0
    lostFrames = end?.lostFrames ?? 0
    rows = zip(machines, levels).map { machine, level in
      let rate = (try? AudioFile(path: machine.path))?.rate ?? 0
      return Row(machine: machine, level: level, seconds: rate > 0 ? Double(level.samples) / Double(rate) : 0)
    }
  }

  /// - Throws: a machine was silent.
  func show(json: Bool) throws(Failure) {
    for row in rows {
      if let advice = row.advice { console.warning("\(row.machine.name): \(advice)") }
    }
    if gaps > 0 {
      console.warning(
        "\(Quantity.count(gaps, "stretch", "stretches")) of sound (\(Quantity.count(lostFrames, "frame"))) were lost, and "
          + "are silence in the files: a threshold that is learned from them may be too high. Record again; "
          + "`auscult doctor` finds why sound is lost")
    }
    if json {
      Output.line(
        .members([
          "recordings": .array(rows.map { value($0) }), "gaps": .integer(gaps), "lost_frames": .integer(lostFrames),
        ]))
    } else {
      var table = Table([("machine", .left), ("length", .right), ("peak", .right), ("level", .right), ("file", .left)])
      for row in rows {
        table.add([
          row.machine.name, Quantity.seconds(row.seconds), decibels(row.level.peakLevel), decibels(row.level.level),
          PathText.shown(row.machine.path),
        ])
      }
      Output.line(table.text)
    }
    let silent = rows.filter { $0.level.peakLevel == nil }.map(\.machine.name)
    if !silent.isEmpty { throw Failure("nothing was heard of \(silent.joined(separator: ", "))") }
  }

  private func decibels(_ level: Double?) -> String { level.map { "\(Quantity.fixed($0, 1)) dBFS" } ?? "silent" }

  private func value(_ row: Row) -> JSONValue {
    .members([
      "machine": .text(row.machine.name), "file": .text(PathText.shown(row.machine.path)),
      "seconds": .number(row.seconds), "samples": .integer(row.level.samples),
      "peak": row.level.peakLevel.map { .number($0) } ?? .null, "level": row.level.level.map { .number($0) } ?? .null,
      "clipped": .integer(row.level.clipped), "advice": row.advice.map { .text($0) },
    ])
  }
}
