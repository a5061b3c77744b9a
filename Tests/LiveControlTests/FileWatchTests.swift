import Foundation
import Glibc
import LiveControl
import TestSupport
import Testing

/// Files that are rewritten. The test controls the time for which a file must stay unchanged.
@Suite struct FileWatchTests {
  private let folder: TemporaryFolder
  private let clock = ManualNanoseconds()
  private let watch: FileWatch
  private var file: String { folder.path + "/a.yaml" }

  init() throws {
    folder = try TemporaryFolder()
    watch = try FileWatch(milliseconds: 50) { [clock] in clock.now }
    try folder.write("a.yaml", "1")
    watch.watch([folder.path + "/a.yaml"])
  }

  @Test func aFileThatIsSavedTwiceInARowIsToldOfOnce() throws {
    defer { folder.remove() }
    try folder.write("a.yaml", "2")
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 40)
    try folder.write("a.yaml", "3")
    #expect(watch.changed().isEmpty)
    // Since the last time it was written.
    clock.advance(milliseconds: 49)
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 1)
    #expect(watch.changed() == [file])
    clock.advance(milliseconds: 1000)
    #expect(watch.changed().isEmpty)
  }

  @Test func aFileThatTakesTheNameIsAChange() throws {
    defer { folder.remove() }
    try folder.write(".a.new", "2")
    clock.advance(milliseconds: 100)
    #expect(watch.changed().isEmpty)
    #expect(rename(folder.path + "/.a.new", file) == 0)
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 50)
    #expect(watch.changed() == [file])
  }

  @Test func otherFilesAreNone() throws {
    defer { folder.remove() }
    try folder.write("b.yaml", "1")
    clock.advance(milliseconds: 100)
    #expect(watch.changed().isEmpty)
    watch.watch([folder.path + "/b.yaml"])
    try folder.write("a.yaml", "2")
    try folder.write("b.yaml", "2")
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 50)
    #expect(watch.changed() == [folder.path + "/b.yaml"])
  }

  @Test func aFileMayGoAndComeAndALinkLeadsToOne() throws {
    defer { folder.remove() }
    let (link, target) = (folder.path + "/link.yaml", folder.path + "/sub/target.yaml")
    try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
    try folder.write("sub/target.yaml", "1")
    #expect(symlink(target, link) == 0)
    watch.watch([link, file])
    #expect(unlink(file) == 0)
    clock.advance(milliseconds: 100)
    #expect(watch.changed().isEmpty)
    try folder.write("a.yaml", "2")
    try folder.write("sub/target.yaml", "2")
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 50)
    #expect(watch.changed() == [file, link])
  }

  @Test func aFolderThatComesBackIsWatchedAgain() throws {
    defer { folder.remove() }
    let path = folder.path + "/sub/a.yaml"
    let write = {
      try FileManager.default.createDirectory(atPath: folder.path + "/sub", withIntermediateDirectories: false)
      try folder.write("sub/a.yaml", "1")
    }
    try write()
    watch.watch([path])
    try FileManager.default.removeItem(atPath: folder.path + "/sub")
    #expect(watch.changed().isEmpty)
    try write()
    clock.advance(milliseconds: 1000)
    watch.watch([path])
    try folder.write("sub/a.yaml", "2")
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 50)
    #expect(watch.changed() == [path])
  }

  @Test func oneThatIsLookedAtAgainIsToldOfAgain() {
    defer { folder.remove() }
    watch.lookAgain(file)
    #expect(watch.changed().isEmpty)
    clock.advance(milliseconds: 50)
    #expect(watch.changed() == [file])
  }
}
