import Glibc
import TextEscapes

/// The places of what plugins are built with: beside the program where Auscult is installed, or in the repository that
/// the program was built in.
struct AuthorKit {
  /// This program.
  let program: String
  /// The folder of `auscult/node.h`.
  let headers: String
  /// The folder of NodeKit's package.
  let nodeKit: String

  /// - Throws: `Failure` if there is no header, or no package for a node in Swift.
  init(for language: NodeLanguage) throws {
    program = try AuthorKit.ownPath()
    let folders = AuthorKit.foldersAbove(program)
    // bin/auscult
    let prefix = folders.dropFirst().first ?? "/"
    let headerPlaces = ["\(prefix)/include"] + folders.map { "\($0)/Sources/CNodeABI/include" }
    let kitPlaces = ["\(prefix)/share/auscult/NodeKit"] + folders.map { "\($0)/packaging/NodeKit" }
    headers = headerPlaces.first { AuthorKit.exists("\($0)/auscult/node.h") } ?? headerPlaces[0]
    nodeKit = kitPlaces.first { AuthorKit.exists("\($0)/Package.swift") } ?? kitPlaces[0]
    switch language {
    case .swift: try AuthorKit.demand("\(nodeKit)/Package.swift", "Auscult's package for nodes in Swift")
    case .c, .cxx: try AuthorKit.demand("\(headers)/auscult/node.h", "the header of the node ABI")
    // What they need of the ABI is among their own files.
    case .rust, .python: break
    }
  }

  private static func demand(_ path: String, _ what: String) throws {
    if exists(path) { return }
    throw Failure(
      "there is no \(path.shown): \(what)", advice: "install Auscult as a whole, or use the program in its repository")
  }

  private static func exists(_ path: String) -> Bool { access(PathText.bytes(path), R_OK) == 0 }

  private static func ownPath() throws -> String {
    guard let path = realpath("/proc/self/exe", nil) else {
      throw Failure("cannot find this program: is /proc mounted?")
    }
    defer { free(path) }
    return PathText.text(UnsafeRawBufferPointer(start: path, count: strlen(path)))
  }

  /// The folder of a file, the folder of that, and so on; without `/`.
  private static func foldersAbove(_ path: String) -> [String] {
    var folders: [String] = []
    var rest = path[...]
    while let slash = rest.lastIndex(of: "/"), slash != rest.startIndex {
      rest = rest[..<slash]
      folders.append(String(rest))
    }
    return folders
  }
}
