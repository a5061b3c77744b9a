import FileDriver
import Glibc
import OutputFiles
import Records
import Tapes
import TextEscapes
import Training

/// The sound that `auscult accept` takes: clips, or a stretch of time out of the watch's own recordings.
struct SoundSource {
  let run: LearningRun
  let console: Console

  /// Checks a clip.
  ///
  /// - Parameter machine: nil: as the clip's note says.
  /// - Returns: its machine.
  func machine(of clip: String, _ machine: String?) throws -> String {
    guard FileState(clip) != nil else {
      throw Failure("\(clip): there is no such clip", advice: "`auscult clips` lists those of a folder")
    }
    let file = try Failure.wording { try AudioFile(path: clip) }
    guard let machine = machine ?? ClipNote(note: ClipNote.notePath(of: clip))?.machine ?? onlyMachine else {
      throw Failure("\(clip): no note beside it names its machine; give --machine")
    }
    try check(machine)
    if file.rate != run.rate, !run.graph.isResampled(before: run.node) {
      throw Failure(
        "\(clip): has \(file.rate) samples a second, and '\(run.name)' hears \(run.rate): to '\(run.node)' that is other "
          + "sound", advice: "accept sound of the watch itself, or give the graph a `resample`")
    }
    if run.machines.count > 1, file.channels > 1 {
      throw Failure(
        "\(clip): has \(file.channels) channels, and a machine has one",
        advice: "cut it out: auscult cut \(ShellText.word(clip)) --channel N")
    }
    return machine
  }

  private var onlyMachine: String? { run.machines.count == 1 ? run.machines[0] : nil }

  func check(_ machine: String) throws {
    guard run.machines.contains(machine) else {
      throw Failure(
        "'\(run.name)' has no machine '\(machine)': \(run.node) judges " + run.machines.joined(separator: ", "),
        advice: "give the machine's name in this watch by --machine")
    }
  }

  /// A stretch of the tape, as `auscult cut` cuts it.
  ///
  /// - Parameter tape: recordings; empty: those that the graph's `sink.wav` writes.
  func cut(_ tape: [String], machine: String, from begin: Int64, until end: Int64) throws -> TapeCut {
    try check(machine)
    let files = tape.isEmpty ? try ownTape() : try SoundList.files(tape)
    let parts = try files.compactMap {
      try TapePart(path: $0, channel: .machine(machine), times: RecordingTimeRules()) { console.warning($0) }
    }
    return try TapeCut(parts, from: begin, seconds: Double(end - begin) / 1e9)
  }

  /// The present file of each `sink.wav`, and its numbered parts.
  private func ownTape() throws -> [String] {
    let tapes = run.outputs("sink.wav")
    guard !tapes.isEmpty else {
      throw Failure(
        "'\(run.name)' keeps no sound of that time: its graph has no `sink.wav`",
        advice: "give clips (`auscult clips` lists them), or recordings by --tape")
    }
    return try tapes.flatMap { tape in
      let (folder, name) = LinkedPath.split(tape)
      let (stem, ending) = SoundSource.split(String(name))
      return try ClipNote.names(in: folder).sorted().filter { other in
        other == name || other.hasPrefix("\(stem).") && other.hasSuffix(ending)
      }.map { "\(folder)/\($0)" }
    }
  }

  /// "tape.wav" -> "tape", ".wav"
  private static func split(_ name: String) -> (stem: String, ending: String) {
    guard let dot = name.utf8.lastIndex(of: UInt8(ascii: ".")) else { return (name, "") }
    return (String(name[..<dot]), String(name[dot...]))
  }

  /// The clips of alarms that people have confirmed, of this run's machines.
  ///
  /// - Parameter folder: nil: `confirmed`, if there is such a folder.
  func confirmed(_ folder: String?) throws -> [Recording] {
    if folder == nil, !RecordingSet.isFolder("confirmed") { return [] }
    let folder = folder ?? "confirmed"
    return try Failure.wording { try RecordingSet.soundFiles(folder) }.compactMap { path in
      let own = LinkedPath.split(LinkedPath.split(path).folder).name
      guard
        let machine = ClipNote(note: ClipNote.notePath(of: path))?.machine
          ?? run.machines.first(where: { ClipName.escaped($0, most: 120) == own }) ?? onlyMachine
      else {
        throw Failure("\(path): no note beside it names its machine; put it into a folder named after the machine")
      }
      guard run.machines.contains(machine) else { return nil }
      return Recording(path: path, label: Label.anomalous, machine: machine)
    }
  }
}
