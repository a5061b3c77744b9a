import CNodeABI
import JSONText
import OutputFiles

/// What is known of plugin files from earlier starts: the classes of each, for the file's state at that time. So a
/// start opens only the libraries that its graph uses. Only libraries without any defect or remark are kept, and those
/// whose file declares the classes; the latter are tried before they are used for the first time.
///
/// Thread: control.
public final class PluginIndex: @unchecked Sendable {
  private struct Entry {
    var state: FileState
    var classNames: [String]
    /// It was loaded.
    var isTried: Bool
  }

  private let path: String
  private var entries: [String: Entry] = [:]
  private var isChanged = false

  /// The index of this account; nil: there is no folder for it.
  public static var standard: PluginIndex? { CacheFolder.path.map { PluginIndex(path: $0 + "/plugins.json") } }

  public init(path: String) {
    self.path = path
    guard let bytes = CacheFolder.read(path), let json = try? JSONValue(parsing: bytes),
      json["version"] == PluginIndex.version, let files = json["files"]?.object
    else { return }
    for (file, value) in files {
      guard let numbers = value["state"]?.array?.compactMap(\.integer), numbers.count == 7,
        let names = value["classes"]?.array?.compactMap(\.text), let isTried = value["tried"]?.boolean
      else { continue }
      entries[file] = Entry(state: FileState(numbers: numbers), classNames: names, isTried: isTried)
    }
  }

  /// Changes when the meaning of the index or the checks of a library change.
  private static let version: JSONValue = .text("2, ABI \(AUSCULT_ABI_MAJOR).\(AUSCULT_ABI_MINOR)")

  /// The classes of a library file in its present state; nil: not known.
  func classNames(_ file: String) -> [String]? {
    guard let entry = entries[file], entry.state == FileState(file) else { return nil }
    return entry.classNames
  }

  /// Whether a library file was loaded in its present state.
  func isTried(_ file: String) -> Bool {
    guard let entry = entries[file], entry.isTried else { return false }
    return entry.state == FileState(file)
  }

  /// - Parameter state: the file's state before the library was loaded. A state that is younger than a second is not
  ///   kept: times have the resolution of the kernel's clock tick, so another change could leave it as it is.
  func note(_ file: String, _ state: FileState, _ classNames: [String], isTried: Bool) {
    guard state.age > 1 else { return }
    entries[file] = Entry(state: state, classNames: classNames, isTried: isTried)
    isChanged = true
  }

  func forget(_ file: String) { isChanged = entries.removeValue(forKey: file) != nil || isChanged }

  /// Writes the index if it has changed. Files that are gone or have changed are left out.
  func save() {
    guard isChanged else { return }
    isChanged = false
    let present = entries.filter { FileState($0.key) == $0.value.state }
    let files = present.mapValues { entry -> JSONValue in
      [
        "state": .array(entry.state.numbers.map { .integer($0) }),
        "classes": .array(entry.classNames.map { .text($0) }), "tried": .boolean(entry.isTried),
      ]
    }
    let json: JSONValue = ["version": PluginIndex.version, "files": .object(files)]
    CacheFolder.write(json.json, to: path)
  }
}
