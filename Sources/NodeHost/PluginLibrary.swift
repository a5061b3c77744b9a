import CNodeABI
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A plugin: loaded, or only as its file declares it. A loaded one is never unloaded, because the code, metadata and
/// constants of a library with Swift code stay in use. So the system's handle is not kept.
public final class PluginLibrary: @unchecked Sendable {
  /// Absolute.
  public let path: String
  /// Differs between different builds.
  public let buildID: String
  /// The build id of the file, whatever the library declares.
  public let fileID: String
  /// Version of the ABI that it was built for, such as `1.0`.
  public let abiVersion: String
  /// It was built for 1.2 or later: its sources mark connected and moving inputs.
  public let marksInputs: Bool
  /// False: its classes are what the file declares, and have no functions that work.
  public let isLoaded: Bool
  /// In the order of the library.
  public private(set) var classes: [NodeClass] = []

  /// Loads a library and checks its declarations.
  ///
  /// Thread: control.
  /// - Parameter isPrivate: loads a private copy of the present file. Otherwise, a path always gives the code that was
  ///   loaded first, even if the file has changed.
  public convenience init(path: String, isPrivate: Bool = false) throws(PluginProblem) {
    let path = absolutePath(path)
    let (entry, fileID) = isPrivate ? try openPrivately(path) : (try openLibrary(path), fileBuildID(path))
    guard let info = entry() else {
      throw PluginProblem(path: path, defects: ["its \(entrySymbol)() returns a null pointer"])
    }
    try self.init(path: path, fileID: fileID, info)
  }

  /// Classes of the program itself, checked like a plugin's. `name` is the name in messages.
  public convenience init(builtIn name: String, _ info: UnsafePointer<auscult_library_info>) throws(PluginProblem) {
    try self.init(path: name, fileID: name, info)
  }

  init(
    path: String, fileID: String, _ info: UnsafePointer<auscult_library_info>, isLoaded: Bool = true
  ) throws(PluginProblem) {
    var checker = LibraryChecker(path: path)
    let descriptions = try checker.check(info)
    self.path = path
    self.fileID = fileID
    self.isLoaded = isLoaded
    abiVersion = "\(info.pointee.abi_major).\(info.pointee.abi_minor)"
    marksInputs = info.pointee.abi_minor >= 2
    buildID = info.pointee.build_id.map { String(cString: $0) } ?? fileID
    classes = descriptions.enumerated().map { NodeClass(info.pointee.classes[$0]!, $1, self) }
  }
}

/// Why a file must not be opened as a library: reading a pipe or a device would never end. Nil: it may.
func fileDefect(_ path: String) -> String? {
  var status = stat()
  guard stat(path, &status) == 0 else { return nil }
  if status.st_mode & S_IFMT != S_IFREG { return "it is no regular file" }
  return status.st_size > greatestLibrary ? "it is larger than any library: \(status.st_size >> 20) MiB" : nil
}

let greatestLibrary = 1 << 30

/// The rights of a file; nil: there is none.
func fileMode(_ path: String) -> mode_t? {
  var status = stat()
  return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
}

/// Why a library can't be used.
public struct PluginProblem: Error, Sendable, Hashable {
  public var path: String
  /// All its defects, in the order of the checks.
  public var defects: [String]

  public init(path: String, defects: [String]) {
    self.path = path
    self.defects = defects
  }
}

extension PluginProblem: CustomStringConvertible {
  public var description: String { "\(path): " + defects.joined(separator: "; ") }
}

private let entrySymbol = "auscult_library"

/// Loads a copy. A library that needs files in its own folder is loaded from there, the first time.
///
/// - Returns: the entry function, and the build id of the loaded file.
private func openPrivately(_ path: String) throws(PluginProblem) -> (auscult_library_function, String) {
  guard access(path, F_OK) == 0 else { throw PluginProblem(path: path, defects: ["there is no such file"]) }
  if let defect = fileDefect(path) { throw PluginProblem(path: path, defects: [defect]) }
  let copy = try PrivateCopy(of: path)
  do throws(PluginProblem) {
    return (try openLibrary(copy.path, as: path), fileBuildID(copy.path))
  } catch {
    let isFirst = loadedInPlace.withLock { !$0.contains(path) }
    guard isFirst, let entry = try? openLibrary(path) else { throw error }
    return (entry, fileBuildID(path))
  }
}

/// Paths that the loader knows. It would return the old code for them.
private let loadedInPlace = Mutex<Set<String>>([])

/// Thread: control. Runs the initialisers of the library and of its dependencies.
///
/// - Parameter name: the name in messages.
private func openLibrary(_ file: String, as name: String? = nil) throws(PluginProblem) -> auscult_library_function {
  let path = name ?? file
  guard access(file, F_OK) == 0 else { throw PluginProblem(path: path, defects: ["there is no such file"]) }
  if let defect = fileDefect(file) { throw PluginProblem(path: path, defects: [defect]) }
  _ = dlerror()
  guard let handle = dlopen(file, RTLD_NOW | RTLD_LOCAL) else {
    throw PluginProblem(path: path, defects: [loadFailure(lastLoaderError(), file)])
  }
  if name == nil { loadedInPlace.withLock { _ = $0.insert(path) } }
  guard let symbol = dlsym(handle, entrySymbol) else {
    throw PluginProblem(path: path, defects: ["it exports no symbol \(entrySymbol), so it is not an Auscult plugin"])
  }
  return unsafeBitCast(symbol, to: auscult_library_function.self)
}

private func lastLoaderError() -> String { dlerror().map { String(cString: $0) } ?? "the loader gives no reason" }

/// The loader's text, or a clearer one if a dependency is missing.
private func loadFailure(_ text: String, _ path: String) -> String {
  let missing = ": cannot open shared object file"
  if let range = text.firstRange(of: missing), !text.hasPrefix(path) {
    return "it needs \(text[..<range.lowerBound]), which is not installed"
  }
  let reason = text.hasPrefix(path + ": ") ? String(text.dropFirst(path.utf8.count + 2)) : text
  return "it cannot be loaded: \(reason)"
}

/// Made absolute with the working directory, and with links resolved if the file exists.
func absolutePath(_ path: String) -> String {
  if let resolved = realpath(path, nil) {
    defer { free(resolved) }
    return String(cString: resolved)
  }
  if path.hasPrefix("/") { return path }
  guard let folder = getcwd(nil, 0) else { return path }
  defer { free(folder) }
  return String(cString: folder) + "/" + path
}
