import CNodeABI
import Glibc
import NodeHost
import SystemCalls

/// The program of a node's process, `auscult-node`, and its arguments.
enum NodeProgram {
  static let name = "auscult-node"

  /// The path of the program: `$AUSCULT_NODE`, or beside this program, in `../lib/auscult` or beside the plugin.
  static func path(library: String) -> String? {
    if let path = getenv("AUSCULT_NODE").map({ String(cString: $0) }), !path.isEmpty { return path }
    let folders = PluginCatalog.besideExecutable() + [String(library.dropLast(baseName(library).count + 1))]
    return folders.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
  }

  /// The folders in which a node's outputs lie: it may write there and nowhere else.
  static func folders(
    _ nodeClass: NodeClass, _ arguments: UnsafePointer<auscult_argument>?, count: UInt32
  ) -> [String] {
    (0..<Int(count)).compactMap { index in
      guard let name = arguments?[index].name.map({ String(cString: $0) }),
        nodeClass.parameter(name)?.kind == .outputPath, let text = arguments![index].value.text
      else { return nil }
      return existingFolder(String(cString: text))
    }
  }

  /// The folder of a path, or the nearest one above it that exists: the node may have to make the others.
  private static func existingFolder(_ path: String) -> String {
    var folder = path
    while let slash = folder.lastIndex(of: "/"), slash != folder.startIndex {
      folder = String(folder[..<slash])
      if access(folder, F_OK) == 0 { return folder }
    }
    return "/"
  }
}
