import Glibc
import JSONText
import NodeKit
import OutputFiles
import Records
import SoundFiles
import SystemCalls
import TextEscapes

/// The folder that a sink writes its clips to: names, notes and limits.
final class ClipFolder {
  let path: String
  private let host: Host
  let graph: String
  let node: String
  /// Seconds for which clips are kept; nil: for ever.
  let keep: Double?
  /// The most bytes of all clips; nil: no limit.
  let limit: Int?
  /// The clips that this sink has written, the oldest first. Others are never deleted.
  private var clips: [ClipNote] = []
  private let reports: ClipReports
  /// The last clip that was deleted at once, in words; nil: there was none.
  var tooLarge: String?

  init(_ path: String, _ host: Host, keep: Double?, limit: Int?) {
    self.path = path
    self.host = host
    graph = host.graph
    node = host.node
    self.keep = keep
    self.limit = limit
    reports = ClipReports(host)
  }

  /// Makes the folder, removes what a killed run has left, and looks which clips there are.
  ///
  /// - Returns: whether the folder was made.
  func open() throws(FileProblem) -> Bool {
    let isNew = try OutputFolder(of: path + "/x").make()
    for name in try ClipNote.names(in: path) {
      let file = "\(path)/\(name)"
      if ClipWriter.isDraft(name) { removeDraft(file) }
    }
    clips = try ClipNote.all(in: path).filter { $0.note["graph"]?.text == graph && $0.note["node"]?.text == node }
    reports.count(clips, limit: limit)
    return isNew
  }

  /// Unless another run writes it now.
  private func removeDraft(_ file: String) {
    let descriptor = Glibc.open(PathText.bytes(file), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
    if case .taken = FileLock.take(descriptor) { unlink(PathText.bytes(file)) }
  }

  /// The hash of the graph that judged.
  fileprivate func graphHash(of event: Record) -> String? { host.graphHash(generation: event.generation ?? 0) }

  /// Gives a finished draft its name, after its note: a clip never lacks one.
  func publish(
    _ draft: String, _ clip: OpenClip, _ format: SoundFormat, rate: Int, clipped: Int
  ) throws(FileProblem) {
    let sound = freeName(clip, format)
    let note = ClipNote.notePath(of: sound)
    let bytes = clip.note(file: String(LinkedPath.split(sound).name), self, format, rate: rate, clipped: clipped)
    let noteDraft = draft + ".json" + ClipWriter.draftEnding
    try write(bytes, to: noteDraft)
    guard rename(PathText.bytes(noteDraft), PathText.bytes(note)) == 0 else {
      let code = errno
      unlink(PathText.bytes(noteDraft))
      throw FileProblem("rename", noteDraft, code)
    }
    guard rename(PathText.bytes(draft), PathText.bytes(sound)) == 0 else {
      let code = errno
      unlink(PathText.bytes(note))
      throw FileProblem("rename", draft, code)
    }
    clips.removeAll { $0.path == sound }
    if let written = ClipNote(note: note) {
      clips.append(written)
      reports.written(written)
    }
    reports.count(clips, limit: limit)
    trim()
    if let limit, !clips.contains(where: { $0.path == sound }), !exists(sound) {
      tooLarge = "\(sound) alone is larger than `limit` (\(limit) bytes) and was deleted; raise `limit`"
    }
  }

  private func write(_ bytes: [UInt8], to path: String) throws(FileProblem) {
    let descriptor = Glibc.open(PathText.bytes(path), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o644)
    guard descriptor >= 0 else { throw FileProblem("open", path, errno) }
    defer { close(descriptor) }
    let code = writeAll(bytes, to: descriptor)
    guard code == 0 else {
      unlink(PathText.bytes(path))
      throw FileProblem("write", path, code)
    }
  }

  /// The clip's path. An earlier clip of the same alarm, from a run over the same file, is replaced; nothing else is.
  private func freeName(_ clip: OpenClip, _ format: SoundFormat) -> String {
    for number in 1...1000 {
      let stem = number == 1 ? clip.stem : "\(clip.stem).\(number)"
      let sound = "\(path)/\(stem).\(format.rawValue)"
      let note = ClipNote.notePath(of: sound)
      if !exists(sound), !exists(note) { return sound }
      if let old = ClipNote(note: note), old.id == clip.event.id, old.path == sound,
        old.note["file"]?.text == clip.event.file
      {
        return sound
      }
    }
    return "\(path)/\(clip.stem).\(clip.event.id ?? "again").\(format.rawValue)"
  }

  private func exists(_ path: String) -> Bool {
    var status = stat()
    return lstat(PathText.bytes(path), &status) == 0
  }

  /// Deletes the oldest clips that exceed the limits.
  func trim() {
    guard keep != nil || limit != nil else { return }
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let seconds = Double(now.tv_sec)
    var total = clips.reduce(0) { $0 + $1.size }
    while let oldest = clips.first {
      let isOld = keep.map { seconds - Double(oldest.written) / 1e9 > $0 } ?? false
      guard isOld || total > limit ?? .max else { return }
      oldest.delete()
      reports.deleted(oldest)
      total -= oldest.size
      clips.removeFirst()
    }
    reports.count(clips, limit: limit)
  }
}

extension OpenClip {
  /// The JSON file beside the sound: see `ClipNote`.
  fileprivate func note(
    file name: String, _ folder: ClipFolder, _ format: SoundFormat, rate: Int, clipped: Int
  ) -> [UInt8] {
    let position = { (sample: Int64) in JSONValue.integer(framePosition(sample, rate: rate)) }
    var members: [String: JSONValue] = [
      "kind": "clip", "clip": .text(name), "graph": .text(folder.graph), "node": .text(folder.node),
      "begin": position(begin), "end": position(next), "rate": .integer(Int64(event.rate)),
      "samples": .integer(Int64(samples.count / channels.count)), "sample_rate": .integer(Int64(rate)),
      "channels": .integer(Int64(channels.count)), "format": .text(format.rawValue),
      "bits": .integer(Int64(format.bits)), "cut": .boolean(isCut),
      "gaps": .array(gaps.map { .object(["begin": position($0.lowerBound), "end": position($0.upperBound)]) }),
      "event": value(event), "reason": .text(reason),
    ]
    members["id"] = event.id.map { .text($0) }
    members["channel"] = event.channel.map { .integer(Int64($0)) }
    members["machine"] = event.machine.map { .text($0) }
    members["file"] = event.file.map { .text($0) }
    members["model"] = event.model.map { .text($0) }
    members["graph_hash"] = folder.graphHash(of: event).map { .text($0) }
    members["time"] = time.map { .text(wallTimeText($0)) }
    members["ended"] = ended.map { value($0) }
    if clipped > 0 { members["clipped"] = .integer(Int64(clipped)) }
    return JSONValue.object(members).json + [UInt8(ascii: "\n")]
  }

  private func value(_ record: Record) -> JSONValue {
    (try? JSONValue(parsing: Array(record.json.dropLast()))) ?? .null
  }

  /// Driver frame position of a sample.
  private func framePosition(_ sample: Int64, rate: Int) -> Int64 {
    let (seconds, rest) = sample.quotientAndRemainder(dividingBy: Int64(rate))
    return seconds * Int64(event.rate) + rest * Int64(event.rate) / Int64(rate)
  }
}
