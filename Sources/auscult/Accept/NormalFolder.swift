import FileDriver
import Glibc
import OutputFiles
import Records
import Tapes
import TextEscapes
import Training

/// The folder of normal sound, with a subfolder for each machine, and the sound that joins it. A folder of a single
/// machine needs no subfolder.
struct NormalFolder {
  /// Absolute.
  let path: String
  let machines: [String]
  /// What was accepted into it.
  var list: AcceptanceList
  /// Paths of the files that this command has added.
  private(set) var added: [String] = []
  /// The accepted sound, also what was there before.
  private(set) var accepted: [Recording] = []
  /// The digests of all sound that is there, by path.
  private var digests: [String: String] = [:]

  /// - Throws: `Failure`: a machine has no normal sound there. `TrainingError`
  init(_ path: String, machines: [String]) throws {
    self.path = path
    self.machines = machines
    list = try AcceptanceList(folder: path)
    for machine in machines {
      guard RecordingSet.isFolder(folder(of: machine)) else {
        throw Failure(
          "no normal sound of '\(machine)': there is no folder \(folder(of: machine).shown)",
          advice: "the detector would forget what it has learned; name the folder that it was trained on by --normal")
      }
      for file in try RecordingSet.soundFiles(folder(of: machine)) { digests[file] = try SoundDigest.of(file) }
    }
  }

  func folder(of machine: String) -> String {
    let own = "\(path)/\(ClipName.escaped(machine, most: 120))"
    return machines.count == 1 && !RecordingSet.isFolder(own) ? path : own
  }

  /// The digests of the sound that is there.
  var sounds: Set<String> { Set(digests.values) }

  /// All normal sound. What was accepted sets no threshold: held out, it would be an alarm each time.
  var recordings: RecordingSet {
    let known = Set(accepted.map(\.path) + list.items.flatMap(\.sounds))
    let recordings = digests.keys.sorted().map { file in
      var recording = Recording(
        path: file, label: Label.normal, machine: machines.first { file.hasPrefix(folder(of: $0) + "/") })
      recording.isAlwaysLearned = known.contains(file)
      return recording
    }
    return RecordingSet(recordings: recordings, source: path)
  }

  /// Copies a recording; sound that is there already is not copied again.
  mutating func add(_ file: String, machine: String) throws {
    let digest = try SoundDigest.of(file)
    if let (present, _) = digests.first(where: { $0.value == digest }) { return note(present, machine) }
    let target = free(String(LinkedPath.split(file).name), machine)
    try WholeFile.copy(file, to: target)
    joined(target, digest, machine)
  }

  /// Cuts a stretch out of recordings, which must have all of it: a file may end earlier than its header says.
  mutating func add(_ cut: TapeCut, machine: String) throws {
    let target = free("\(ClipName.escaped(machine, most: 120))-\(ClipName.compact(cut.begin)).wav", machine)
    let silent = try cut.write(to: target, format: .wav, title: "normal sound of \(machine)")
    if let gap = silent.first {
      unlink(PathText.bytes(target))
      throw Failure(
        "the tape lacks \(Quantity.seconds(Double(gap.count) / Double(cut.rate))) of that time, from second "
          + "\(Quantity.fixed(Double(gap.lowerBound) / Double(cut.rate), 1)) on",
        advice: "give a stretch without the gap")
    }
    joined(target, try SoundDigest.of(target), machine)
  }

  private mutating func joined(_ path: String, _ digest: String, _ machine: String) {
    added.append(path)
    digests[path] = digest
    note(path, machine)
  }

  private mutating func note(_ path: String, _ machine: String) {
    if !accepted.contains(where: { $0.path == path }) {
      accepted.append(Recording(path: path, label: Label.normal, machine: machine))
    }
  }

  /// A path that no file has.
  private func free(_ name: String, _ machine: String) -> String {
    let folder = folder(of: machine)
    var (number, path) = (1, "\(folder)/\(name)")
    while FileState(path) != nil {
      number += 1
      path = "\(folder)/\(number)-\(name)"
    }
    return path
  }

  /// Deletes the copies that were added.
  mutating func takeBack() {
    for path in added { unlink(PathText.bytes(path)) }
    added = []
  }
}
