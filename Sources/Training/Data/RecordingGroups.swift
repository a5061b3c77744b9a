import Models

extension Recording {
  /// What those that belong together share: the `group` of the manifest, or the content.
  ///
  /// - Throws: `TrainingError` where the file can't be read.
  func groupName() throws -> String {
    if let group { return "group \(group)" }
    do { return try OpenModel.digest(ofFile: path) } catch { throw TrainingError(error.description) }
  }
}

extension [Recording] {
  /// A number for each, the same for those that belong together. One that can't be read stands by itself: whoever reads
  /// it says so.
  var groupNumbers: [Int] {
    var numbers: [String: Int] = [:]
    return map { recording in
      let name = (try? recording.groupName()) ?? "file \(recording.path)"
      let number = numbers[name] ?? numbers.count
      numbers[name] = number
      return number
    }
  }
}
