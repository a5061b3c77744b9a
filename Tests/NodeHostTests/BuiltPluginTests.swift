import Foundation
import NodeHost
import TestSupport
import Testing

/// The plugins in this build's folder.
@Suite struct BuiltPluginTests {
  static let libraries: [String] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: BuildFolder.path)) ?? []
    return names.filter { isPlugin($0) }.sorted()
  }()

  private static func isPlugin(_ name: String) -> Bool {
    (name.hasPrefix("libauscult-") || name.hasPrefix("libtestplugin-")) && name.hasSuffix(".so")
  }

  @Test func areThere() { #expect(Self.libraries.count >= 10) }

  @Test(arguments: libraries)
  func exportsOneSymbol(_ library: String) throws {
    let symbols = try CompiledPlugin.run("nm", ["-D", "-g", "--defined-only", BuildFolder.path + "/" + library])
    #expect(symbols.split(separator: "\n").map { $0.split(separator: " ").last ?? "" } == ["auscult_library"])
  }

  @Test func allLoad() {
    let start = ContinuousClock.now
    let catalog = PluginCatalog(searchPath: [BuildFolder.path])
    print("\(catalog.libraries.count) plugins loaded in \(ContinuousClock.now - start)")
    #expect(catalog.problems.isEmpty)
    #expect(catalog.shadowed.isEmpty)
    #expect(catalog.libraries.allSatisfy { $0.buildID.count == 40 })
  }
}
