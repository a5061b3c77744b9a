#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Looks for plugins, and folders on the way to them, by which other users decide what code runs here.
public struct ExposureSearch {
  private var seen: Set<String> = []
  public private(set) var found: [Exposure] = []

  public init() {}

  /// Folders whose plugins are all used. A sticky bit does not help there: others may add plugins.
  public mutating func add(folders: [String]) {
    for folder in folders {
      note(absolutePath(folder), allowingSticky: false)
      addWay(to: folder)
    }
  }

  /// Plugins. Those of one folder with the same fault give one line.
  public mutating func add(files: [String]) {
    var groups: [(folder: String, cause: ExposureCause, files: [String])] = []
    for file in files {
      let path = absolutePath(file)
      addWay(to: file)
      guard seen.insert(path).inserted, let cause = ExposureCause(path, allowingSticky: false) else { continue }
      let folder = parent(path)
      if let index = groups.firstIndex(where: { $0.folder == folder && $0.cause == cause }) {
        groups[index].files.append(path)
      } else {
        groups.append((folder, cause, [path]))
      }
    }
    for (_, cause, files) in groups {
      let more = files.count > 1 ? ", and so are \(files.count - 1) more plugins of its folder" : ""
      let targets = files.map(shellWord).joined(separator: " ")
      found.append(Exposure(path: files[0], reason: cause.reason + more, remedy: cause.remedy(targets)))
    }
  }

  /// Whoever may write to a folder on the way, or to one that a link lies in, can put another file in the place of
  /// ours.
  private mutating func addWay(to path: String) {
    for start in [absolutePath(path), unresolved(path)] {
      var folder = parent(start)
      while true {
        note(folder, allowingSticky: true)
        if folder == "/" { break }
        folder = parent(folder)
      }
    }
  }

  private mutating func note(_ path: String, allowingSticky isSticky: Bool) {
    guard seen.insert(path).inserted, let cause = ExposureCause(path, allowingSticky: isSticky) else { return }
    found.append(Exposure(path: path, reason: cause.reason, remedy: cause.remedy(shellWord(path))))
  }

  private func parent(_ path: String) -> String {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
    return String(path[..<slash])
  }

  /// Absolute, with its links.
  private func unresolved(_ path: String) -> String { path.hasPrefix("/") ? path : absolutePath(".") + "/" + path }
}

extension PluginCatalog {
  /// What is wrong with the rights of the folders and their plugins.
  public var exposures: [Exposure] {
    var search = ExposureSearch()
    search.add(folders: searchPath.filter { access($0, F_OK) == 0 })
    search.add(files: files)
    return search.found
  }
}
