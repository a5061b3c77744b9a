import ArgumentParser
import LiveControl
import OutputFiles
import Records
import RunControl
import TextEscapes

/// `auscult clips`
struct Clips: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "clips",
    abstract: "Lists the clips that sink.clip wrote: the sounds of alarms.",
    discussion: """
      Each clip has the time of its first sample, where that is known, and its alarm's id, state and score. The id is that \
      of the alarm's records.

      Examples:
        auscult clips                             of the folder 'clips'
        auscult clips /var/lib/auscult/clips --machine fan-03 --since 2d
        auscult clips --json | jq -r '.clips[].path'
        auscult clips --id 83a1f0c2d4e5b697 --json

      Exit status 1 when the folder can't be read.
      """)

  @Argument(help: "The folder of the clips.", completion: .directory) var folder = "clips"
  @Option(help: "Only this machine's.", completion: .machines) var machine: String?
  @Option(help: "Only the clip of this alarm.") var id: String?
  @Option(help: "Only clips from this time on: 2d (ago), 2026-11-21T09:30:00Z.") var since: Moment?
  @Flag(help: "Print one JSON object.") var json = false

  func run() throws {
    guard FileState(folder) != nil else {
      throw Failure(
        "there is no folder \(folder.shown)",
        advice:
          "name the one that the graph's `sink.clip` writes to: auscult clips FOLDER")
    }
    let clips: [ClipNote]
    do {
      clips = try ClipNote.all(in: folder).filter { isWanted($0) }
    } catch {
      throw Failure(error.description)
    }
    if json { return Output.line(.members(["clips": .array(clips.map(\.json))])) }
    if clips.isEmpty { return Console.plain.warning("no clips in \(folder.shown)") }
    var table = Table([
      ("time", .left), ("machine", .left), ("what", .left), ("length", .right), ("score", .right),
      ("threshold", .right), ("gaps", .right),
      ("id", .left), ("file", .left),
    ])
    for clip in clips { table.add(clip.cells) }
    Output.line(table.text)
  }

  private func isWanted(_ clip: ClipNote) -> Bool {
    if let machine, clip.machine != machine { return false }
    if let id, clip.id != id { return false }
    guard let since else { return true }
    return clip.time ?? clip.written >= since.nanoseconds
  }
}

extension ClipNote {
  fileprivate var cells: [String] {
    let number = { (name: String) in note["event"]?[name]?.number.map { Quantity.fixed($0, 4) } ?? "" }
    return [
      time.map { wallTimeText($0) } ?? "position \(note["begin"]?.integer ?? 0)", machine ?? "",
      note["reason"]?.text ?? "", seconds.map { Quantity.seconds($0) } ?? "", number("score"), number("threshold"),
      "\(note["gaps"]?.array?.count ?? 0)", id ?? "", PathText.shown(path),
    ]
  }

  fileprivate var json: JSONValue {
    var members = note.object ?? [:]
    members["path"] = .text(PathText.shown(path))
    members["bytes"] = .integer(Int64(size))
    return .object(members)
  }
}
