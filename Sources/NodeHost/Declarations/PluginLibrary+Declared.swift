import OutputFiles
import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension PluginLibrary {
  /// What the file of a library declares.
  public enum Declarations {
    /// None of the library's code runs: the classes say what their ports and parameters are, but have no functions.
    case read(PluginLibrary)
    /// Why there are none.
    case missing(String)
  }

  /// A library as a section of its file declares it.
  ///
  /// - Throws: why the file can't be used as a library.
  public static func declarations(path: String) throws(PluginProblem) -> Declarations {
    let path = absolutePath(path)
    guard access(path, F_OK) == 0 else { throw PluginProblem(path: path, defects: ["there is no such file"]) }
    if let defect = fileDefect(path) { throw PluginProblem(path: path, defects: [defect]) }
    guard isWhole(path) else { throw PluginProblem(path: path, defects: ["it is no library, or is cut short"]) }
    let declared: DeclaredLibrary
    do throws(DeclarationProblem) {
      guard let read = try read(path) else { return .missing("its file has no section \(DeclarationSection.name)") }
      declared = read
    } catch {
      return .missing("the section \(DeclarationSection.name) of its file can't be used: \(error.text)")
    }
    do throws(PluginProblem) {
      return .read(try PluginLibrary(path: path, fileID: fileBuildID(path), declared.info, isLoaded: false))
    } catch {
      declared.free()
      throw error
    }
  }

  /// The same for those who can also load it; nil: load it.
  static func declaration(path: String) -> PluginLibrary? {
    guard case .read(let library)? = try? declarations(path: path) else { return nil }
    return library
  }

  private static func read(_ path: String) throws(DeclarationProblem) -> DeclaredLibrary? {
    let result = LibraryFile.read(path) { file -> Result<DeclaredLibrary, DeclarationProblem>? in
      do throws(DeclarationProblem) {
        guard let text = try DeclarationSection.text(file) else { return nil }
        return .success(try declared(text, file))
      } catch {
        return .failure(error)
      }
    }
    return try result?.get()
  }

  private static func declared(_ text: [UInt8], _ file: LibraryFile) throws(DeclarationProblem) -> DeclaredLibrary {
    let declared = try DeclaredLibrary(text)
    guard declared.file == file.gnuBuildID ?? "" else {
      declared.free()
      throw DeclarationProblem("it belongs to another build")
    }
    return declared
  }

  /// Writes what this loaded library declares into a section of its file.
  ///
  /// - Returns: false: the file had the same section already.
  public func writeDeclarations() throws(PluginProblem) -> Bool {
    guard fileBuildID(path) == fileID else { throw refused("its file has changed since it was loaded") }
    let state = FileState(path)
    guard let bytes = WholeFile.read(path, most: greatestLibrary), let mode = fileMode(path) else {
      throw refused("it can't be read: \(systemReason())")
    }
    let written = LibraryFile.read(path) { file -> [UInt8]? in
      let text = LibraryDeclaration.text(self, build: file.gnuBuildID ?? "")
      let content = DeclarationSection.wrap(text)
      guard content.count <= DeclarationSection.mostBytes, let segments = file.segments else { return nil }
      var writer = SectionWriter(bytes, file)
      return writer?.adding(DeclarationSection.name, content, segments: segments)
    }
    guard let written else { throw refused("it has no table of sections to add one to, or declares more than fits") }
    if written == bytes { return false }
    guard FileState(path) == state else { throw refused("another program changes its file") }
    do {
      try WholeFile.write(written, to: path, mode: mode)
    } catch {
      throw refused("\(error)")
    }
    return true
  }

  private func refused(_ defect: String) -> PluginProblem { PluginProblem(path: path, defects: [defect]) }
}
