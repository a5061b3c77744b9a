import Foundation
import TestSupport
import Testing

/// scripts/make-site, a step of scripts/test, finds what is wrong with links.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/cmark-gfm"), "cmark-gfm is not installed"))
struct SiteTests {
  private let folder = ScratchFolder()

  /// A repository of two pages, a file and a folder.
  private func write(_ link: String) throws {
    try FileManager.default.createDirectory(atPath: folder.file("root/docs"), withIntermediateDirectories: true)
    let files = [
      "docs/order.txt": "Begin\n  README.md\n",
      "README.md": "# One\n\n## Two\n\n[link](\(link))\n",
      "docs/other.md": "# Other\n\n## A `name`, twice\n\n## A `name`, twice\n",
      "plain.txt": "a < b\n",
    ]
    for (name, text) in files {
      try text.write(toFile: folder.file("root/\(name)"), atomically: true, encoding: .utf8)
    }
  }

  @discardableResult
  private func makeSite() throws -> String {
    try CompiledPlugin.run(
      "python3",
      ["\(Repository.path)/scripts/make-site", "--root", folder.file("root"), folder.file("site")])
  }

  @Test(arguments: [
    ("docs/other.md", #"href="docs/other.html""#),
    ("docs/other.md#a-name-twice-1", #"href="docs/other.html#a-name-twice-1""#),
    ("#two", ##"href="#two""##),
    ("plain.txt", #"href="files/plain.txt.html""#),
    ("docs", #"href="files/docs/index.html""#),
    ("https://example.org/", #"href="https://example.org/""#),
  ])
  func linksLeadIntoTheSite(link: String, made: String) throws {
    try write(link)
    try makeSite()
    let page = try String(contentsOfFile: folder.file("site/index.html"), encoding: .utf8)
    #expect(page.contains(made), "\(page)")
    // A second time over the first.
    try makeSite()
  }

  @Test(arguments: [
    ("docs/missing.md", "README.md:5: the link 'docs/missing.md' leads to no file of the repository"),
    ("../outside.md", "README.md:5: the link '../outside.md' leads to no file of the repository"),
    ("docs/other.md#three", "README.md: docs/other.md has no heading '#three'"),
    ("#three", "README.md: README.md has no heading '#three'"),
  ])
  func aBrokenLinkIsNamed(link: String, message: String) throws {
    try write(link)
    let failure = #expect(throws: CompiledPlugin.Failure.self) { try makeSite() }
    #expect(failure?.description.contains(message) == true, "\(failure?.description ?? "no error")")
  }

  @Test func anotherFolderIsLeftAlone() throws {
    try write("#two")
    try FileManager.default.createDirectory(atPath: folder.file("site"), withIntermediateDirectories: true)
    try "mine".write(toFile: folder.file("site/index.html"), atomically: true, encoding: .utf8)
    #expect(throws: CompiledPlugin.Failure.self) { try makeSite() }
    #expect(try String(contentsOfFile: folder.file("site/index.html"), encoding: .utf8) == "mine")
  }
}
