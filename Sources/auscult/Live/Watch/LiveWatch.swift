import Foundation
import GraphEngine
import NodeHost

/// Has the graph changed when its files are saved, or its plugins are rebuilt. Thread: control.
final class LiveWatch {
  /// Milliseconds for which a file has to be left alone: an editor may write it in several steps, and a linker too.
  private static let fileRest: Int64 = 50
  private static let libraryRest: Int64 = 100

  private let desk: ChangeDesk
  private let engine: Engine
  private let talk: Talk
  private let files: FileWatch?
  private let libraries: FileWatch?

  init(_ desk: ChangeDesk, _ engine: Engine, _ talk: Talk, watchesGraph: Bool, watchesPlugins: Bool) throws(Failure) {
    self.desk = desk
    self.engine = engine
    self.talk = talk
    files = watchesGraph ? try FileWatch(milliseconds: Self.fileRest) : nil
    libraries = watchesPlugins ? try FileWatch(milliseconds: Self.libraryRest) : nil
    files?.watch(graphFiles)
    libraries?.watch(libraryFiles)
    // Between the reading of the files and now.
    if watchesGraph && !desk.source.isAsRead { post(.apply) }
    if watchesGraph { talk.info("\(desk.source.file) is applied whenever it is saved") }
  }

  /// On every tick: what was written is handed to the desk, and the desk goes on.
  func look() {
    if let files {
      files.watch(graphFiles)
      if !files.changed().isEmpty { post(.apply) }
    }
    if let libraries {
      libraries.watch(libraryFiles)
      let rebuilt = libraries.changed().filter(isRebuilt)
      if !rebuilt.isEmpty { post(.swap) { $0.libraries = Set(rebuilt) } }
    }
    desk.service()
  }

  private var graphFiles: Set<String> {
    let faulty = desk.faultyFiles.filter { $0.hasPrefix("/") }
    return Set(desk.source.contents.keys).union(faulty).union([desk.source.path])
  }

  private var libraryFiles: Set<String> { Set(engine.graph.nodes.map(\.nodeClass.library.path)) }

  /// A library that is not whole yet is looked at again.
  private func isRebuilt(_ path: String) -> Bool {
    guard PluginLibrary.isWhole(path) else {
      libraries?.lookAgain(path)
      return false
    }
    let running = engine.graph.nodes.map(\.nodeClass.library).filter { $0.path == path }
    let id = PluginLibrary.fileID(path)
    if running.contains(where: { $0.fileID != id }) { return true }
    talk.info("\((path as NSString).lastPathComponent): its build id is the same, nothing changed")
    return false
  }

  private func post(_ kind: ChangeRequest.Kind, _ fill: (inout ChangeRequest) -> Void = { _ in }) {
    var request = ChangeRequest(kind)
    request.isWatched = true
    fill(&request)
    do {
      _ = try desk.board.post(request)
    } catch {
      talk.warning("\(request.words): \(error)")
    }
  }
}
