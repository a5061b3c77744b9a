import Foundation
import RunControl
import TestSupport
import Testing

@Suite struct NodesTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  @Test func allClassesAreListed() throws {
    let outcome = try auscult("nodes")
    #expect(outcome.status == 0)
    #expect(outcome.err == "")
    let rows = outcome.out.split(separator: "\n").map { cells($0) }
    #expect(rows.first == ["class", "thread", "streams", "library", "summary"])
    #expect(rows.contains { $0[..<4] == ["gain", "realtime", "audio -> audio", "libauscult-mixing.so"] })
    #expect(rows.contains { $0[..<4] == ["sink.null", "worker", "any ->", "libauscult-records.so"] })
    #expect(rows.dropFirst().map { $0[0] } == rows.dropFirst().map { $0[0] }.sorted())
  }

  @Test func everyClassHasAPageAndJSON() throws {
    let list = try JSONValue(parsing: Array(try auscult("nodes", "--json").out.utf8))
    let classes = try #require(list["classes"]?.array)
    #expect(classes.count == TestPlugins.catalog.classes.count)
    for name in classes.compactMap({ $0["name"]?.text }) {
      let text = try auscult("nodes", name)
      #expect(text.status == 0)
      #expect(text.out.hasPrefix(name + " "))
      let one = try JSONValue(parsing: Array(try auscult("nodes", name, "--json").out.utf8))
      #expect(classes.contains(one))
    }
  }

  @Test func aPageSaysEverythingAboutAParameter() throws {
    let outcome = try auscult("nodes", "stft")
    #expect(outcome.out.contains("\n  center: true or false; default true\n      "))
    #expect(outcome.out.contains("\n  in    audio  "))
    #expect(outcome.out.contains("\n  out    spectrum  "))
    #expect(outcome.out.contains("/libauscult-stft.so\n"))
  }

  @Test func anUnknownClassIsSuggested() throws {
    let outcome = try auscult("nodes", "resampel")
    #expect(outcome.status == 1)
    #expect(outcome.out == "")
    #expect(
      outcome.err == """
        auscult: error: there is no node class 'resampel'; did you mean 'resample'?
          `auscult nodes` lists all of them

        """)
  }

  @Test func brokenAndShadowedLibrariesAreNamed() throws {
    try folder.write("own/libauscult-broken.so", "this is no library")
    let original = BuildFolder.path + "/libauscult-mixing.so"
    try FileManager.default.copyItem(atPath: original, toPath: folder.path + "/own/libauscult-mixing.so")
    let outcome = try auscult("nodes", "--plugin-path", "own")
    #expect(outcome.status == 0)
    #expect(outcome.out.contains("\ngain "))
    #expect(outcome.err.contains("auscult: warning: \(folder.path)/own/libauscult-broken.so: it cannot be loaded: "))
    #expect(
      outcome.err.contains(
        "libauscult-mixing.so is not used, because \(folder.path)/own/libauscult-mixing.so comes first"))
    let gain = try JSONValue(parsing: Array(try auscult("nodes", "gain", "--json", "--plugin-path", "own").out.utf8))
    #expect(gain["library"]?.text == folder.path + "/own/libauscult-mixing.so")
  }

  @Test func theEnvironmentNamesFoldersToo() throws {
    try folder.write("own/libauscult-broken.so", "this is no library")
    var auscult = auscult
    auscult.environment["AUSCULT_PLUGIN_PATH"] = "/nonexistent:" + folder.path + "/own"
    #expect(try auscult("nodes").err.contains("own/libauscult-broken.so: it cannot be loaded"))
  }
}
