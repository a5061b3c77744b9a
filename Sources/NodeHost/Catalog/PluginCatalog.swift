import OutputFiles

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
  private var found: [FoundLibrary] = []
  /// Libraries that can't be used, and classes that occur in two libraries of one folder.
  public private(set) var problems: [PluginProblem] = []
  public private(set) var shadowed: [Shadowed] = []
  private var byName: [String: FoundLibrary] = [:]
  private var byPath: [String: PluginLibrary] = [:]
  /// Every library that was ever loaded from a private copy. Each build is loaded once.
  private var builds: [PluginLibrary]
  private let isPrivate: Bool
  /// Tries libraries out before they are loaded here; nil: no trial.
  public let probe: PluginProbe?
  /// The libraries that need not be opened before a graph names their classes; nil: none.
  private let index: PluginIndex?
  /// Remarks about libraries that are used in spite of them.
  public private(set) var remarks: [PluginProblem] = []

  /// Finds every `libauscult-*.so` of the folders. The first folder wins.
  ///
  /// - Parameters:
  ///   - isPrivate: loads private copies, so that `refreshed` finds new builds.
  ///   - probe: opens each library in a child process first.
  ///   - index: libraries that it knows are loaded when their first class is asked for, without a trial. The others are
  ///     loaded now and noted there.
  public convenience init(
    searchPath: [String], isPrivate: Bool = false, probe: PluginProbe? = nil, index: PluginIndex? = nil
  ) {
    self.init(searchPath: searchPath, isPrivate: isPrivate, probe: probe, index: index, builds: [])
  }

  /// Searches the folders again. Libraries with the same build stay the same objects. Without private copies, nothing
  /// can have changed.
  public func refreshed() -> PluginCatalog {
    guard isPrivate else { return self }
    return PluginCatalog(searchPath: searchPath, isPrivate: true, probe: probe, index: index, builds: builds)
  }

  /// The files that `refreshed` would find.
  public var files: [String] { PluginCatalog.files(in: searchPath).flatMap(\.used) }

  private init(
    searchPath: [String], isPrivate: Bool, probe: PluginProbe?, index: PluginIndex?, builds: [PluginLibrary]
  ) {
    self.searchPath = searchPath
    self.isPrivate = isPrivate
    self.probe = probe
    self.index = index
    self.builds = builds
    search(index)
    index?.save()
  }

  // MARK: Search

  /// - Parameter index: nil: every library is loaded now.
  private func search(_ index: PluginIndex?) {
    (found, problems, shadowed, byName, remarks) = ([], [], [], [:], [])
    let folders = PluginCatalog.files(in: searchPath)
    probe?.examine(folders.flatMap(\.used).filter { index?.classNames($0) == nil })
    for folder in folders {
      shadowed += folder.shadowed
      register(folder.used.compactMap { find($0, index) })
    }
  }

  /// A library that the index knows, or else the loaded one; nil: it can't be used.
  private func find(_ path: String, _ index: PluginIndex?) -> FoundLibrary? {
    if let names = index?.classNames(path) {
      probe?.trust(path)
      return FoundLibrary(path: path, classNames: names)
    }
    let (state, remarksBefore) = (FileState(path), remarks.count)
    do {
      let library = try load(library: path)
      if let state, remarks.count == remarksBefore { self.index?.note(path, state, library.classes.map(\.name)) }
      return FoundLibrary(library)
    } catch {
      problems.append(error)
      return nil
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

  // MARK: Classes

  /// The names of all classes, in order.
  public var classNames: [String] { byName.keys.sorted() }

  /// All classes, by name. Loads every library.
  public var classes: [NodeClass] {
    openAll()
    return classNames.compactMap { self[$0] }
  }

  /// All libraries that can be used, in the order in which they were found.
  public var libraries: [PluginLibrary] {
    openAll()
    return found.compactMap(\.library)
  }

  /// The class with this name in a graph. Loads its library.
  public subscript(name: String) -> NodeClass? {
    guard let place = byName[name] else { return nil }
    guard open(place) else { return self[name] }
    return place.library?.classes.first { $0.name == name }
  }

  /// Loads the libraries that are known from the index alone, so that `problems` is complete.
  public func openAll() {
    for place in found {
      // After a false entry of the index, all are loaded.
      guard open(place) else { return }
    }
  }

  /// Loads a library that is known from the index. False: it is not what the index says, so all folders were searched
  /// again without it.
  private func open(_ place: FoundLibrary) -> Bool {
    if place.library != nil { return true }
    if let library = try? load(library: place.path), library.classes.map(\.name) == place.classNames {
      place.library = library
      return true
    }
    index?.forget(place.path)
    search(nil)
    index?.save()
    return false
  }

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

  /// Adds the classes of one folder's libraries, except those that an earlier folder has or that occur twice here.
  private func register(_ libraries: [FoundLibrary]) {
    found += libraries
    var classes: [String: [FoundLibrary]] = [:]
    for library in libraries { for name in library.classNames { classes[name, default: []].append(library) } }
    for (name, candidates) in classes.sorted(by: { $0.key < $1.key }) {
      if let first = byName[name] {
        for other in candidates { shadowed.append(Shadowed(path: other.path, className: name, by: first.path)) }
      } else if candidates.count > 1 {
        problems.append(clash(name, candidates))
      } else {
        byName[name] = candidates[0]
      }
    }
  }

  private func clash(_ name: String, _ candidates: [FoundLibrary]) -> PluginProblem {
    let others = candidates.dropFirst().map { baseName($0.path) }.joined(separator: " and ")
    return PluginProblem(
      path: candidates[0].path, defects: ["its class '\(name)' is also in \(others), so neither is used"])
  }
}

/// A library file of the search path.
private final class FoundLibrary {
  let path: String
  let classNames: [String]
  /// Nil: not loaded yet.
  var library: PluginLibrary?

  init(path: String, classNames: [String]) {
    self.path = path
    self.classNames = classNames
  }

  convenience init(_ library: PluginLibrary) {
    self.init(path: library.path, classNames: library.classes.map(\.name))
    self.library = library
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

package func baseName(_ path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }
