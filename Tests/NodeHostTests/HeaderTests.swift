import Foundation
import TestSupport
import Testing

/// node.h alone, as the authors of plugins include it.
@Suite struct HeaderTests {
  @Test func compilesAsC11() throws {
    try compile("c", ["-std=c11", "-Wstrict-prototypes"])
  }

  @Test func compilesAsCxx17() throws {
    try compile("c++", ["-std=c++17"])
  }

  /// Every function pointer's declaration ends with its thread and state.
  @Test func everyFunctionSaysItsThread() throws {
    let header = try String(contentsOfFile: CompiledPlugin.headers + "/auscult/node.h", encoding: .utf8)
    let lines = header.split(separator: "\n", omittingEmptySubsequences: false)
    var functions = 0
    for (index, line) in lines.enumerated() where line.contains("(*") && line.hasPrefix("  ") {
      let comment = lines[..<index].reversed().prefix { $0.hasPrefix("  //") }
      #expect(comment.first?.hasSuffix("]") == true, "\(line)")
      functions += 1
    }
    #expect(functions == 13)
  }

  private func compile(_ language: String, _ flags: [String]) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("alone", "#define AUSCULT_PLUGIN\n#include \"auscult/node.h\"\n")
    try CompiledPlugin.run(
      "cc",
      flags + [
        "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", CompiledPlugin.headers, "-x", language,
      ]
        + [folder.path + "/alone"])
  }
}
