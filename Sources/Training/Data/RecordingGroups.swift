extension Recording {
  /// The key of recordings that belong together: the `group` of the manifest, or the sound.
  ///
  /// - Throws: `TrainingError` where the file can't be read.
  func groupName() throws -> String {
    if let group { return "group \(group)" }
    return try SoundDigest.of(path)
  }
}

extension [Recording] {
  /// A number for each, equal for recordings that belong together. An unreadable one gets its own number; its reader
  /// reports the problem.
  var groupNumbers: [Int] {
    var numbers: [String: Int] = [:]
    return map { recording in
      let name = (try? recording.groupName()) ?? "file \(recording.path)"
      let number = numbers[name] ?? numbers.count
      numbers[name] = number
      return number
    }
  }

  /// The recordings, each sound of a machine once: a copy adds no information, and makes a threshold seem more certain
  /// than it is.
  func withoutCopies(_ callbacks: WorkCallbacks) -> [Recording] {
    var seen: [String: String] = [:]
    var copies: [String] = []
    let kept = filter { recording in
      guard let sound = try? SoundDigest.of(recording.path) else { return true }
      let key = "\(sound) \(recording.label) \(recording.machine ?? "")"
      guard seen[key] == nil else {
        copies.append(recording.path)
        return false
      }
      seen[key] = recording.path
      return true
    }
    if !copies.isEmpty {
      callbacks.warn(
        "\(copies.count) of \(count) recordings hold the same sound as another, and are left out: \(listed(copies))")
    }
    return kept
  }
}
