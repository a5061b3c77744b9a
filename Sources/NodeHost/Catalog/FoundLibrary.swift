/// A library file of the search path.
final class FoundLibrary {
  let path: String
  let classNames: [String]
  /// Nil: not loaded yet.
  var library: PluginLibrary?
  /// What its file declares; nil: not read.
  var declared: PluginLibrary?

  init(path: String, classNames: [String], declared: PluginLibrary? = nil) {
    self.path = path
    self.classNames = classNames
    self.declared = declared
  }

  convenience init(_ library: PluginLibrary) {
    self.init(path: library.path, classNames: library.classes.map(\.name))
    self.library = library
  }
}
