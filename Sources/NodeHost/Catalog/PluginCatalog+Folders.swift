import SystemCalls

extension PluginCatalog {
  /// The plugins of each folder, without those that an earlier folder also has.
  static func files(in searchPath: [String]) -> [(used: [String], shadowed: [Shadowed])] {
    var files: [String: String] = [:]
    return unique(searchPath.map(absolutePath)).map { folder in
      var (used, shadowed): ([String], [Shadowed]) = ([], [])
      for name in pluginFiles(in: folder) {
        let path = folder + "/" + name
        if let first = files[name] {
          shadowed.append(Shadowed(path: path, className: nil, by: first))
        } else {
          files[name] = path
          used.append(path)
        }
      }
      return (used, shadowed)
    }
  }
}

/// The file names of a folder's plugins, sorted; empty if there is no such folder.
private func pluginFiles(in folder: String) -> [String] {
  (folderNames(folder) ?? []).filter { $0.hasPrefix("libauscult-") && $0.hasSuffix(".so") }.sorted()
}

private func unique(_ folders: [String]) -> [String] {
  var seen: Set<String> = []
  return folders.filter { seen.insert($0).inserted }
}

package func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
