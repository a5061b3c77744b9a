import FoundationEssentials
import Glibc

extension RecordingSet {
  /// A folder of DCASE task 2 (2020 and later), MIMII or ToyADMOS, with the original names of files and folders: one
  /// machine type, or several. DCASE's names give the part, training or test.
  ///
  /// - Throws: `TrainingError` where no name fits, or names of two datasets are mixed.
  public static func challenge(_ path: String) throws -> RecordingSet {
    let files = try soundFiles(path)
    let renamed = Set(files.map(folder).filter { $0.hasSuffix("/test_rename") }.map { $0.dropLast("_rename".count) })
    var set = RecordingSet(recordings: [], source: path)
    var layouts: [ClipPath.Layout: String] = [:]
    var others: [String] = []
    for file in files {
      // The same clips next to it have names with labels.
      if renamed.contains(folder(file)[...]) { continue }
      guard let found = ClipPath(URL(fileURLWithPath: file).standardizedFileURL.path) else {
        others.append(file)
        continue
      }
      layouts[found.layout] = layouts[found.layout] ?? file
      set.recordings.append(
        Recording(path: file, label: found.label, machine: found.machine, part: found.part, clip: found.clip))
    }
    try checkLayouts(path, layouts, others)
    set.hasParts = layouts[.dcase] != nil
    set.isDataset = !set.hasParts
    if let first = others.first {
      set.warnings.append(
        "\(path): left out \(others.count) file\(others.count == 1 ? "" : "s") without the name of a training or test clip "
          + "(\(first))")
    }
    return set
  }

  private static func folder(_ file: String) -> String {
    file.lastIndex(of: "/").map { String(file[..<$0]) } ?? "."
  }

  private static func checkLayouts(
    _ path: String, _ layouts: [ClipPath.Layout: String], _ others: [String]
  ) throws {
    guard !layouts.isEmpty else {
      throw TrainingError(
        "\(path): no name is one of DCASE's (fan/test/section_00_source_test_normal_0000.wav or "
          + "fan/test/normal_id_00_00000000.wav), MIMII's (fan/id_00/normal/00000000.wav) or ToyADMOS's "
          + "(ToyCar/case1/NormalSound_IND/...ch1_0001.wav); there is \(others.first ?? "nothing"). Recordings of your own "
          + "go to --dataset or --manifest")
    }
    guard layouts.count == 1 else {
      let examples = layouts.sorted { $0.key.rawValue < $1.key.rawValue }.map { "\($0.value) (\($0.key.rawValue))" }
      throw TrainingError(
        "\(path): has names of several datasets: \(examples.joined(separator: ", ")); give one at a time")
    }
  }
}
