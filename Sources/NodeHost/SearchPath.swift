#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension PluginCatalog {
  /// The folders with plugins: the command's `--plugin-path`, `$AUSCULT_PLUGIN_PATH` (folders separated by colons), the
  /// executable's folder, and `../lib/auscult` relative to it.
  public static func standardSearchPath(option: [String] = []) -> [String] {
    let environment = getenv("AUSCULT_PLUGIN_PATH").map { String(cString: $0) } ?? ""
    return (option.flatMap(folders) + folders(environment) + besideExecutable())
  }

  private static func folders(_ list: String) -> [String] { list.split(separator: ":").map(String.init) }

  package static func besideExecutable() -> [String] {
    let executable = absolutePath("/proc/self/exe")
    guard executable != "/proc/self/exe", let slash = executable.lastIndex(of: "/") else { return [] }
    let folder = String(executable[..<slash])
    return [folder, folder + "/../lib/auscult"]
  }
}
