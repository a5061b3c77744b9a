#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The node classes of all plugins that were found. A broken plugin affects only its own classes.
///
/// Thread: control.
public final class PluginCatalog: @unchecked Sendable {
  /// A plugin that is not used because an earlier folder has one with the same file name or class.
  public struct Shadowed: Sendable, Hashable {
    public var path: String
    /// The class that an earlier folder also has; nil: the whole file.
    public var className: String?
    /// The file that is used instead.
    public var by: String
  }

  /// The folders that were searched, in order.
  public let searchPath: [String]
  /// In the order in which they were found: by folder, then by file name.
  public private(set) var libraries: [PluginLibrary] = []
  /// Libraries that can't be used, and classes that occur in two libraries of one folder.
  public private(set) var problems: [PluginProblem] = []
  public private(set) var shadowed: [Shadowed] = []
  private var byName: [String: NodeClass] = [:]
  private var byPath: [String: PluginLibrary] = [:]
  /// Every library that was ever loaded from a private copy. Each build is loaded once.
  private var builds: [PluginLibrary]
  private let isPrivate: Bool
  /// Tries libraries out before they are loaded here; nil: no trial.
  public let probe: PluginProbe?
  /// Remarks about libraries that are used in spite of them.
  public private(set) var remarks: [PluginProblem] = []

  /// Loads every `libauscult-*.so` of the folders. The first folder wins.
  ///
  /// - Parameters:
  ///   - isPrivate: loads private copies, so that `refreshed` finds new builds.
  ///   - probe: opens each library in a child process first.
  public convenience init(searchPath: [String], isPrivate: Bool = false, probe: PluginProbe? = nil) {
    self.init(searchPath: searchPath, isPrivate: isPrivate, probe: probe, builds: [])
  }

  /// Searches the folders again. Libraries with the same build stay the same objects. Without private copies, nothing
  /// can have changed.
  public func refreshed() -> PluginCatalog {
    isPrivate ? PluginCatalog(searchPath: searchPath, isPrivate: true, probe: probe, builds: builds) : self
  }

  /// The files that `refreshed` would load.
  public var files: [String] { PluginCatalog.files(in: searchPath).flatMap(\.used) }

  private init(searchPath: [String], isPrivate: Bool, probe: PluginProbe?, builds: [PluginLibrary]) {
    self.searchPath = searchPath
    self.isPrivate = isPrivate
    self.probe = probe
    self.builds = builds
    let folders = PluginCatalog.files(in: searchPath)
    probe?.examine(folders.flatMap(\.used))
    for folder in folders {
      shadowed += folder.shadowed
      register(folder.used.compactMap(loaded))
    }
  }

  /// The plugins of each folder, without those that an earlier folder also has.
  private static func files(in searchPath: [String]) -> [(used: [String], shadowed: [Shadowed])] {
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

  /// All classes, by name.
  public var classes: [NodeClass] { byName.values.sorted { $0.name < $1.name } }

  /// The class with this name in a graph.
  public subscript(name: String) -> NodeClass? { byName[name] }

  /// Loads a library that a graph names by its path, whatever its file name. Its classes can't be used by name alone.
  public func load(library path: String) throws(PluginProblem) -> PluginLibrary {
    let path = absolutePath(path)
    if let library = byPath[path] { return library }
    let library: PluginLibrary
    if let known = known(path) {
      library = known
    } else {
      library = try examined(path)
    }
    byPath[path] = library
    if isPrivate, !builds.contains(where: { $0 === library }) { builds.append(library) }
    return library
  }

  /// Loads a library after the probe has tried it.
  private func examined(_ path: String) throws(PluginProblem) -> PluginLibrary {
    let verdict = probe?.verdict(on: path) ?? PluginProbe.Verdict()
    if let defect = verdict.defect { throw PluginProblem(path: path, defects: [defect]) }
    if verdict.writesOutput {
      let remark = "it writes to standard output while it is loaded; that went to standard error"
      remarks.append(PluginProblem(path: path, defects: [remark]))
    }
    return try withOutputAside(verdict.writesOutput) { () throws(PluginProblem) in
      try PluginLibrary(path: path, isPrivate: isPrivate)
    }
  }

  /// The library in its present build, if that build was loaded before.
  private func known(_ path: String) -> PluginLibrary? {
    guard builds.contains(where: { $0.path == path }) else { return nil }
    let id = fileBuildID(path)
    return builds.first { $0.path == path && $0.fileID == id }
  }

  private func loaded(_ path: String) -> PluginLibrary? {
    do {
      return try load(library: path)
    } catch {
      problems.append(error)
      return nil
    }
  }

  /// Adds the classes of one folder's libraries, except those that an earlier folder has or that occur twice here.
  private func register(_ libraries: [PluginLibrary]) {
    self.libraries += libraries
    let classes = Dictionary(grouping: libraries.flatMap(\.classes), by: \.name)
    for (name, candidates) in classes.sorted(by: { $0.key < $1.key }) {
      if let first = byName[name] {
        for other in candidates {
          shadowed.append(Shadowed(path: other.library.path, className: name, by: first.library.path))
        }
      } else if candidates.count > 1 {
        problems.append(clash(name, candidates))
      } else {
        byName[name] = candidates[0]
      }
    }
  }

  private func clash(_ name: String, _ candidates: [NodeClass]) -> PluginProblem {
    let others = candidates.dropFirst().map { baseName($0.library.path) }.joined(separator: " and ")
    return PluginProblem(
      path: candidates[0].library.path, defects: ["its class '\(name)' is also in \(others), so neither is used"])
  }
}

/// The file names of a folder's plugins, sorted; empty if there is no such folder.
private func pluginFiles(in folder: String) -> [String] {
  guard let stream = opendir(folder) else { return [] }
  defer { closedir(stream) }
  var names: [String] = []
  while let entry = readdir(stream) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name.hasPrefix("libauscult-") && name.hasSuffix(".so") { names.append(name) }
  }
  return names.sorted()
}

private func unique(_ folders: [String]) -> [String] {
  var seen: Set<String> = []
  return folders.filter { seen.insert($0).inserted }
}

func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
