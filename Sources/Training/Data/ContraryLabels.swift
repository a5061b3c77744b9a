import GraphText

/// Finds recordings with one label whose folder or name suggests another: `--normal data` also takes `data/abnormal`.
struct ContraryLabels {
  private let root: String
  /// Also the name of the option that named the folder.
  private let label: String

  init(root: String, label: String) {
    self.root = root.count > 1 && root.hasSuffix("/") ? String(root.dropLast()) : root
    self.label = label
  }

  /// One line for each folder that seems to hold something else.
  func warnings(_ recordings: [Recording]) -> [String] {
    let paths = recordings.map { components($0.path) }
    var folders: [[String]: Int] = [:]
    var names: [[String]: [String]] = [:]
    for path in paths {
      if let place = path.dropLast().firstIndex(where: says) {
        folders[Array(path[...place]), default: 0] += 1
      } else if let name = path.last, says(name) {
        names[path.dropLast(), default: []].append(name)
      }
    }
    return own(recordings.count)
      + folders.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { folder, count in
        let verb = count == 1 ? "its recording counts" : "its \(count) recordings count"
        return "\(joined(folder)): \(verb) as \(label), because --\(label) takes all folders in \(shown(root)); "
          + advice(folder, paths)
      }
      + names.sorted { $0.key.lexicographicallyPrecedes($1.key) }.map { folder, names in
        "\(joined(folder)): \(names.count == 1 ? "a recording counts" : "\(names.count) recordings count") as \(label) and "
          + "\(names.count == 1 ? "is" : "are") named otherwise (\(quoted(names[0]))); if the names are right, move them "
          + "elsewhere, or write --manifest FILE with a label for each"
      }
  }

  /// The name of the given folder itself suggests another label.
  private func own(_ count: Int) -> [String] {
    let name = root.split(separator: "/").last.map(String.init) ?? ""
    let words = name.split { !$0.isLetter }.map { Label.canonical(String($0)) }
    guard count > 0, says(name), !words.contains(label) else { return [] }
    return [
      "\(shown(root)): its \(count == 1 ? "recording counts" : "\(count) recordings count") as \(label), and its name says "
        + "otherwise; if the name is right, give another folder"
    ]
  }

  /// The command line to use instead of the folder.
  private func advice(_ folder: [String], _ paths: [[String]]) -> String {
    let depth = folder.count - 1
    let sibling = paths.compactMap { path -> String? in
      guard path.count > depth + 1, path.prefix(depth) == folder.prefix(depth) else { return nil }
      return Label.canonical(path[depth]) == label ? path[depth] : nil
    }.first
    guard let sibling else { return "if it isn't, move it elsewhere" }
    let isDataset = depth == 0 || depth == 1 && Part(rawValue: folder[0]) != nil
    let narrower = "--\(label) \(joined(folder.prefix(depth) + [sibling]))"
    return "if it isn't, write \(narrower)" + (isDataset ? ", or --dataset \(shown(root)) for all of it" : "")
  }

  /// Folders and the name, starting at the root.
  private func components(_ path: String) -> [String] {
    path.dropFirst(root == "/" ? 1 : root.count + 1).split(separator: "/").map(String.init)
  }

  /// A word of a name is a label, and it differs from the given one.
  private func says(_ name: String) -> Bool {
    name.split { !$0.isLetter }.contains {
      let word = Label.canonical(String($0))
      return Label.isAnomalyTask([word]) && word != label
    }
  }

  private func joined(_ folder: some Sequence<String>) -> String { shown(([root] + folder).joined(separator: "/")) }

  private func shown(_ path: String) -> String { path.contains(" ") ? "'\(path)'" : path }
}
