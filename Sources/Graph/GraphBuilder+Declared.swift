import GraphText
import NodeHost

extension GraphBuilder {
  /// A class as the file of its library declares it, so that no code of the library runs. Nil after a diagnostic: an error,
  /// or a warning where the file declares nothing.
  mutating func declaredClass(_ type: DocumentScalar, _ library: DocumentScalar, path: String) -> NodeClass? {
    isPartial = true
    do {
      switch try declarations(path) {
      case .read(let declared):
        warnOnce(
          "not-loaded",
          "\(quoted(library.text)) is not loaded, so formats, latency and memory are not checked: "
            + "--load loads it, which runs its code", at: library, path)
        return named(type, in: declared, library)
      case .missing(let reason):
        warnOnce(
          "not-loaded",
          "\(quoted(library.text)) is not loaded, and \(reason): the nodes that name it are not checked. "
            + "--load loads it, which runs its code; `auscult declare` adds the section", at: library, path)
        return nil
      }
    } catch {
      collector.add(
        "bad-library", "\(quoted(library.text)): \(error.defects.joined(separator: "; "))", at: library.location)
      return nil
    }
  }

  /// Says that a program of the user is not started.
  mutating func leaveProgram(_ node: DocumentNode, _ nodeClass: NodeClass) {
    isPartial = true
    collector.add(
      "not-started",
      "the program of \(quoted(node.name)) (\(nodeClass.name)) is not started, so formats, latency and memory are not "
        + "checked: --load starts it", at: node.location, severity: .warning)
  }

  private mutating func declarations(_ path: String) throws(PluginProblem) -> PluginLibrary.Declarations {
    if let known = declared[path] { return known }
    let read = try PluginLibrary.declarations(path: path)
    declared[path] = read
    return read
  }

  private mutating func warnOnce(_ code: String, _ message: String, at library: DocumentScalar, _ path: String) {
    guard warned.insert(path).inserted else { return }
    collector.add(code, message, at: library.location, severity: .warning)
  }
}
