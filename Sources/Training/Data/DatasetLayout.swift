import FoundationEssentials

extension RecordingSet {
  /// Recordings of a folder with an automatically detected layout: names of DCASE, MIMII or ToyADMOS on most of its
  /// files, a `manifest.csv` in it, or else a subfolder for each label.
  ///
  /// - Parameter leavesOutMissing: for a manifest; see there.
  /// - Throws: `TrainingError` as the reader of the layout does.
  public static func found(in path: String, leavesOutMissing: Bool = false) throws -> RecordingSet {
    let manifest = path.hasSuffix("/") ? "\(path)manifest.csv" : "\(path)/manifest.csv"
    if ExistingFile(manifest) != nil, !hasLabelFolders(path) {
      return try .manifest(manifest, leavesOutMissing: leavesOutMissing)
    }
    guard isFolder(path) else { return try dataset(path) }
    let files = (try? soundFiles(path)) ?? []
    let named = files.count { ClipPath(URL(fileURLWithPath: $0).standardizedFileURL.path) != nil }
    return try named * 2 > files.count ? challenge(path) : dataset(path)
  }

  /// Whether `normal`, or another label of an anomaly task, is a folder at the top: then a manifest next to it is only
  /// somebody's notes.
  private static func hasLabelFolders(_ path: String) -> Bool {
    let names = (try? entries(path)) ?? []
    return names.contains { Label.isAnomalyTask([Label.canonical($0)]) && isFolder("\(path)/\($0)") }
  }
}
