import OutputFiles

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
  /// Libraries that are not what the index or their own declarations say. They are loaded at every search.
  private var distrusted: Set<String> = []
  /// Remarks about libraries that are used in spite of them.
  public private(set) var remarks: [PluginProblem] = []

  /// Finds every `libauscult-*.so` of the folders. The first folder wins.
  ///
  /// - Parameters:
  ///   - isPrivate: loads private copies, so that `refreshed` finds new builds.
  ///   - probe: opens each library in a child process first.
  ///   - index: libraries that it knows are loaded when their first class is asked for, without a trial. So are those
  ///     whose file declares its classes, but after a trial. The others are loaded now and noted there.
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
    search()
  }

  // MARK: Search

  private func search() {
    (found, problems, shadowed, byName, remarks) = ([], [], [], [:], [])
    let folders = PluginCatalog.files(in: searchPath)
    var known: [String: FoundLibrary] = [:]
    for path in folders.flatMap(\.used) { known[path] = knownUnloaded(path) }
    probe?.examine(folders.flatMap(\.used).filter { known[$0] == nil })
    for folder in folders {
      shadowed += folder.shadowed
      register(folder.used.compactMap { known[$0] ?? opened($0) })
    }
    index?.save()
  }

  /// A library whose classes are known without loading it, from the index or from its own declarations.
  private func knownUnloaded(_ path: String) -> FoundLibrary? {
    if distrusted.contains(path) { return nil }
    if let index, let names = index.classNames(path) {
      if index.isTried(path) { probe?.trust(path) }
      return FoundLibrary(path: path, classNames: names)
    }
    let state = FileState(path)
    guard let declared = PluginLibrary.declaration(path: path) else { return nil }
    let names = declared.classes.map(\.name)
    if let state { index?.note(path, state, names, isTried: false) }
    return FoundLibrary(path: path, classNames: names, declared: declared)
  }

  /// A library that is loaded now; nil: it can't be used.
  private func opened(_ path: String) -> FoundLibrary? {
    do {
      return FoundLibrary(try loadNoted(path))
    } catch {
      problems.append(error)
      return nil
    }
  }

  /// Loads a library and, if nothing is to be said about it, notes it in the index.
  private func loadNoted(_ path: String) throws(PluginProblem) -> PluginLibrary {
    let (state, remarksBefore) = (FileState(path), remarks.count)
    let library = try load(library: path)
    if let state, remarks.count == remarksBefore, let index, !index.isTried(path) {
      index.note(path, state, library.classes.map(\.name), isTried: true)
    }
    return library
  }

  // MARK: Classes

  /// The names of all classes, in order.
  public var classNames: [String] { byName.keys.sorted() }

  /// All classes, by name. Loads every library.
  public var classes: [NodeClass] {
    openAll()
    return classNames.compactMap { self[$0] }
  }

  /// All classes, by name, to be described: none of them need work. Loads only libraries that do not declare theirs.
  public var describedClasses: [NodeClass] { classNames.compactMap { described($0) } }

  /// A class to be described, from its library's declarations if it has any.
  public func described(_ name: String) -> NodeClass? {
    guard let place = byName[name], place.library == nil,
      let declared = place.declared ?? PluginLibrary.declaration(path: place.path),
      declared.classes.map(\.name) == place.classNames
    else { return self[name] }
    place.declared = declared
    return declared.classes.first { $0.name == name }
  }

  /// All libraries that can be used, in the order in which they were found.
  public var libraries: [PluginLibrary] {
    openAll()
    return found.compactMap(\.library)
  }

  /// The class with this name in a graph. Loads its library.
  public subscript(name: String) -> NodeClass? {
    guard let place = byName[name] else { return nil }
    defer { index?.save() }
    guard open(place) else { return self[name] }
    return place.library?.classes.first { $0.name == name }
  }

  /// Loads the libraries that are not loaded yet, so that `problems` is complete.
  public func openAll() {
    probe?.examine(found.filter { $0.library == nil }.map(\.path))
    // Whatever is not what it seemed changes `found`.
    while let place = found.first(where: { $0.library == nil }) { _ = open(place) }
    index?.save()
  }

  /// Loads a library that is known from the index or its declarations. False: it is not what they say, so all folders
  /// were searched again, and it was loaded or became a problem.
  private func open(_ place: FoundLibrary) -> Bool {
    if place.library != nil { return true }
    if let library = try? loadNoted(place.path), library.classes.map(\.name) == place.classNames {
      place.library = library
      return true
    }
    distrusted.insert(place.path)
    index?.forget(place.path)
    search()
    return false
  }

  /// Whether a library is one of the folders', which are trusted as a whole.
  public func holds(library path: String) -> Bool {
    let path = absolutePath(path)
    return found.contains { absolutePath($0.path) == path }
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
