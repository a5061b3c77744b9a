import GraphEngine
import GraphText
import NodeHost

/// Reads the graph that a change requests. `apply` reads files again; any other change reads the texts of the running
/// graph with further overrides, and keeps the loaded classes of the other nodes.
struct ChangePreparation {
  let request: ChangeRequest
  /// Where the running graph comes from.
  let source: GraphSource
  let running: Graph

  struct Result {
    var graph: Graph
    var source: GraphSource
    var notes: [ChangeNote] = []
    /// Files by their whole paths.
    var warnings: [Diagnostic] = []
  }

  /// - Throws: errors, files by their whole paths.
  func read(_ catalog: PluginCatalog) throws(DiagnosticsError) -> Result {
    let next = request.kind == .apply ? source.reading(request) : source.adding(request)
    do {
      var result = try load(next, catalog)
      result.source.read(result.graph, isFromFile: request.kind == .apply && request.text == nil)
      if request.kind == .apply {
        noteOverrides(&result)
      } else {
        keepClasses(&result)
        noteLeftOut(&result)
      }
      return result
    } catch {
      throw DiagnosticsError(error.diagnostics.map(next.absolute))
    }
  }

  /// Drops overrides of earlier changes whose node or parameter is not in the applied file.
  private func load(_ next: GraphSource, _ catalog: PluginCatalog) throws(DiagnosticsError) -> Result {
    do {
      return result(try next.load(catalog), next)
    } catch {
      guard request.kind == .apply, let pruned = next.pruned(error) else { throw error }
      var result = result(try pruned.load(catalog), pruned)
      let left = next.overrides.filter { !pruned.overrides.contains($0) }.map(\.text)
      result.notes.append(.overridesWithoutPlace(left))
      return result
    }
  }

  private func result(_ loaded: (graph: Graph, warnings: [Diagnostic]), _ source: GraphSource) -> Result {
    Result(graph: loaded.graph, source: source, warnings: loaded.warnings.map(source.absolute))
  }

  /// Other nodes keep their loaded library, even if it was rebuilt meanwhile.
  private func keepClasses(_ result: inout Result) {
    for index in result.graph.nodes.indices {
      let node = result.graph.nodes[index]
      guard let before = running.nodes.first(where: { $0.name == node.name }),
        before.nodeClass !== node.nodeClass, before.nodeClass.name == node.nodeClass.name,
        before.nodeClass.library.path == node.nodeClass.library.path
      else { continue }
      let isMeant = request.node == node.name || request.libraries.contains(node.nodeClass.library.path)
      if isMeant && request.kind != .set && !request.isReturn {
        noteBuild(node.nodeClass, before.nodeClass, &result)
      } else {
        result.graph.nodes[index].nodeClass = before.nodeClass
      }
    }
    noteOldLibrary(&result)
  }

  private func noteBuild(_ next: NodeClass, _ before: NodeClass, _ result: inout Result) {
    guard next.library.buildID == before.library.buildID else { return }
    result.notes.append(.sameBuild(library: next.libraryName, build: next.library.buildID))
  }

  /// `swap NODE` without keys, but the library was not rebuilt.
  private func noteOldLibrary(_ result: inout Result) {
    guard request.kind == .swap, !request.isReturn, request.values.isEmpty, request.libraries.isEmpty,
      let node = result.graph.nodes.first(where: { $0.name == request.node }),
      node.nodeClass === running.nodes.first(where: { $0.name == request.node })?.nodeClass
    else { return }
    result.notes.append(.notRebuilt(library: node.nodeClass.libraryName, build: node.nodeClass.library.buildID))
  }

  private func noteOverrides(_ result: inout Result) {
    for override in result.source.overrides where override.origin != OverrideText.commandLine {
      result.notes.append(.overrideWins(override.text, origin: override.origin))
    }
  }

  private func noteLeftOut(_ result: inout Result) {
    let left = source.leftOut(by: request).map(\.text)
    if !left.isEmpty { result.notes.append(.overridesOfOtherType(left)) }
  }
}
