import FoundationEssentials
import Glibc
import GraphEngine
import NodeHost

/// Requests a change of the graph whenever its files are saved, or its plugins are rebuilt. Thread: control.
public final class GraphWatch {
  public struct Options: Sendable {
    /// Applies the graph file, and what it includes.
    public var watchesFiles = false
    /// Swaps the nodes of rebuilt plugins.
    public var watchesLibraries = false
    /// Milliseconds for which a file must not be written: editors and linkers may write it in several steps.
    public var fileRest: Int64 = 50
    public var libraryRest: Int64 = 100
    /// Nanoseconds of a monotonic clock.
    public var now: @Sendable () -> Int64 = FileWatch.monotonic

    public init() {}
  }

  private let changes: ChangeRunner
  private let engine: Engine
  private let tell: (LiveEvent) -> Void
  private let files: FileWatch?
  private let libraries: FileWatch?

  public init(
    _ changes: ChangeRunner, _ engine: Engine, options: Options, tell: @escaping (LiveEvent) -> Void
  ) throws(FileWatchError) {
    self.changes = changes
    self.engine = engine
    self.tell = tell
    files = options.watchesFiles ? try FileWatch(milliseconds: options.fileRest, now: options.now) : nil
    libraries = options.watchesLibraries ? try FileWatch(milliseconds: options.libraryRest, now: options.now) : nil
    files?.watch(graphFiles)
    libraries?.watch(libraryFiles)
    guard options.watchesFiles else { return }
    // A file may have been saved after the graph was read.
    if !changes.source.isAsRead { request(.apply) }
    tell(.watchesFile(changes.source.file))
  }

  /// Called in every polling round, before the changes continue.
  public func look() {
    if let files {
      files.watch(graphFiles)
      if !files.changed().isEmpty { request(.apply) }
    }
    if let libraries {
      libraries.watch(libraryFiles)
      let rebuilt = libraries.changed().filter(isRebuilt)
      if !rebuilt.isEmpty { request(.swap, libraries: Set(rebuilt)) }
    }
  }

  private var graphFiles: Set<String> {
    let faulty = changes.faultyFiles.filter { $0.hasPrefix("/") }
    return Set(changes.source.contents.keys).union(faulty).union([changes.source.path])
  }

  private var libraryFiles: Set<String> { Set(engine.graph.nodes.map(\.nodeClass.library.path)) }

  /// An incomplete library is checked again later.
  private func isRebuilt(_ path: String) -> Bool {
    guard PluginLibrary.isWhole(path) else {
      libraries?.lookAgain(path)
      return false
    }
    let running = engine.graph.nodes.map(\.nodeClass.library).filter { $0.path == path }
    let id = PluginLibrary.fileID(path)
    if running.contains(where: { $0.fileID != id }) { return true }
    tell(.sameBuild(library: URL(fileURLWithPath: path).lastPathComponent))
    return false
  }

  private func request(_ kind: ChangeRequest.Kind, libraries: Set<String> = []) {
    var request = ChangeRequest(kind)
    request.isWatched = true
    request.libraries = libraries
    do {
      try changes.queue.submit(request)
    } catch {
      tell(.changeRefused(request, reason: "\(error)"))
    }
  }
}
