import Foundation
import TestSupport
import Testing

/// The headers of the ABI, each alone, as plugin authors include them.
@Suite struct HeaderTests {
  /// Functions by header.
  static let headers = [
    "node": 13, "model": 11, "trainer": 7, "explain": 2, "report": 2, "state": 3, "tune": 3, "output": 1,
    "notices": 1, "remarks": 1, "outages": 2, "run": 4, "time": 0, "announce": 1, "figures": 1, "program": 0,
  ]

  @Test(arguments: headers.keys.sorted()) func compilesAsC11(header: String) throws {
    try compile(header, "c", ["-std=c11", "-Wstrict-prototypes"])
  }

  @Test(arguments: headers.keys.sorted()) func compilesAsCxx17(header: String) throws {
    try compile(header, "c++", ["-std=c++17"])
  }

  @Test func everyHeaderIsHere() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: CompiledPlugin.headers + "/auscult")
    #expect(files.sorted() == Self.headers.keys.sorted().map { $0 + ".h" })
  }

  /// Every function pointer's declaration ends with its thread and state.
  @Test(arguments: headers.keys.sorted()) func everyFunctionSaysItsThread(name: String) throws {
    let header = try String(contentsOfFile: CompiledPlugin.headers + "/auscult/\(name).h", encoding: .utf8)
    let lines = header.split(separator: "\n", omittingEmptySubsequences: false)
    var functions = 0
    for (index, line) in lines.enumerated() where line.contains("(*") && line.hasPrefix("  ") {
      let comment = lines[..<index].reversed().prefix { $0.hasPrefix("  //") }
      #expect(comment.first?.hasSuffix("]") == true, "\(line)")
      functions += 1
    }
    #expect(functions == Self.headers[name])
  }

  private func compile(_ header: String, _ language: String, _ flags: [String]) throws {
    let folder = try TemporaryFolder()
    defer { folder.remove() }
    try folder.write("alone", "#define AUSCULT_PLUGIN\n#include \"auscult/\(header).h\"\n")
    try CompiledPlugin.run(
      "cc",
      flags + [
        "-pedantic", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", CompiledPlugin.headers, "-x", language,
      ]
        + [folder.path + "/alone"])
  }
}
