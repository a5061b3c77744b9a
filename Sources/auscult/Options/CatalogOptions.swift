import ArgumentParser
import FoundationEssentials
import Glibc
import GraphText
import NodeHost

/// The folders to search for plugins.
struct CatalogOptions: ParsableArguments {
  @Option(
    name: .customLong("plugin-path"),
    help: ArgumentHelp(
      "A folder with plugins (libauscult-*.so); repeatable. The first folder that has a plugin or class wins.",
      discussion: "Searched in this order: this option, $AUSCULT_PLUGIN_PATH (folders separated by colons), the folder "
        + "of the executable, ../lib/auscult from there.", valueName: "folder"),
    completion: .directory)
  var pluginPath: [String] = []

  /// Finds the plugins. Those that no earlier start has opened are opened, each in a child process first. Warns about a
  /// plugin that can't be used; only its classes are missing.
  ///
  /// - Parameters:
  ///   - isPrivate: loads private copies, so that plugins can be rebuilt while they run.
  ///   - isWhole: opens all plugins, not only those that are asked for later.
  ///   - isDescribed: reads what all plugins declare; opens those whose files do not say.
  ///   - isQuiet: the caller reports what can't be used.
  func load(
    isPrivate: Bool = false, isWhole: Bool = false, isDescribed: Bool = false, isQuiet: Bool = false
  ) -> PluginCatalog {
    for folder in pluginPath where !FileManager.default.fileExists(atPath: folder) {
      Console.plain.warning("--plugin-path \(folder.shown): there is no such folder")
    }
    let catalog = PluginCatalog(
      searchPath: PluginCatalog.standardSearchPath(option: pluginPath), isPrivate: isPrivate,
      probe: PluginProbe(executable: "/proc/self/exe"), index: .standard)
    if isWhole { catalog.openAll() }
    if isDescribed { _ = catalog.describedClasses }
    if isQuiet { return catalog }
    for problem in catalog.problems + catalog.remarks { Console.plain.warning(problem.description) }
    for exposure in catalog.exposures { Console.plain.warning(exposure.description) }
    return catalog
  }
}
