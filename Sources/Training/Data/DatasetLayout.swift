import Foundation

extension RecordingSet {
  /// Recordings of a folder whose layout is found out: names of DCASE, MIMII or ToyADMOS on most of its files, a
  /// `manifest.csv` in it, or else a subfolder for each label.
  ///
  /// - Parameter leavesOutMissing: of a manifest; see there.
  /// - Throws: `TrainingError` as the reader of the layout does.
  public static func found(in path: String, leavesOutMissing: Bool = false) throws -> RecordingSet {
    let manifest = path.hasSuffix("/") ? "\(path)manifest.csv" : "\(path)/manifest.csv"
    if FileIdentity(manifest) != nil, !hasLabelFolders(path) {
      return try .manifest(manifest, leavesOutMissing: leavesOutMissing)
    }
    guard isFolder(path) else { return try dataset(path) }
    let files = (try? soundFiles(path)) ?? []
    let named = files.count { ClipPath(URL(fileURLWithPath: $0).standardizedFileURL.path) != nil }
    return try named * 2 > files.count ? challenge(path) : dataset(path)
  }

  /// Whether `normal`, or another label of an anomaly task, is a folder at the top: a manifest beside it is somebody's notes.
  private static func hasLabelFolders(_ path: String) -> Bool {
    let names = (try? entries(path)) ?? []
    return names.contains { Label.isAnomalyTask([Label.canonical($0)]) && isFolder("\(path)/\($0)") }
  }
}
