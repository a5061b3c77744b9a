import NodeKit
import Records
import TextEscapes

/// Tells the other sinks which clips there are, so that an alarm's records and its clip find each other by the alarm's
/// `id`. Only this sink knows a clip's name, and that the clip is there.
struct ClipReports {
  private let announcements: Announcements?
  private let figures: Figures?

  init(_ host: Host) {
    announcements = Announcements(host)
    figures = Figures(host)
  }

  func written(_ clip: ClipNote) {
    guard let begin = clip.note["begin"]?.integer, let end = clip.note["end"]?.integer else { return }
    announce(clip, "written", begin: begin, end: end)
  }

  /// Its positions may be those of an earlier run.
  func deleted(_ clip: ClipNote) { announce(clip, "deleted", begin: -1, end: -1) }

  private func announce(_ clip: ClipNote, _ state: String, begin: Int64, end: Int64) {
    var details = [(name: "path", text: PathText.shown(clip.path))]
    if let id = clip.id { details.insert((name: "id", text: id), at: 0) }
    if let reason = clip.note["reason"]?.text { details.append((name: "reason", text: reason)) }
    announcements?.announce(
      Notices.Notice(
        "clip", state: state, channel: clip.note["channel"]?.integer.flatMap { Int(exactly: $0) },
        machine: clip.machine, begin: begin, end: end, details: details))
  }

  func count(_ clips: [ClipNote], limit: Int?) {
    figures?.set("clips", clips.count)
    figures?.set("clips_bytes", clips.reduce(0) { $0 + $1.size })
    if let limit { figures?.set("limit_bytes", limit) }
  }
}
