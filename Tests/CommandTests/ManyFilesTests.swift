import Foundation
import TestSupport
import Testing

/// Runs over many files: folders and lists of them, an array for each, or one with an index.
@Suite struct ManyFilesTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }

  private static let lengths = ["a.wav": 12_000, "week/b.wav": 24_000, "week/deep/a.wav": 18_000, "week/tiny.wav": 40]

  init() throws {
    for name in ["week", "week/deep", "lists"] {
      try FileManager.default.createDirectory(
        atPath: "\(folder.path)/\(name)", withIntermediateDirectories: true)
    }
    for (index, (name, length)) in Self.lengths.sorted(by: { $0.key < $1.key }).enumerated() {
      try folder.write(name, wav((0..<length).map { Int16(($0 * (7 + index)) % 2000) }))
    }
    try folder.write("week/notes.txt", "no sound, and no list of this run")
    try folder.write("bands.yaml", graph)
  }

  private let graph = """
    graph: bands
    nodes:
      mic: { type: source }
      stft: { type: stft, length: 512, hop: 256, center: false }
      mel: { type: mel, bands: 16 }
      array: { type: sink.npy, path: bands.npy }
    links: mic -> stft -> mel -> array
    """

  private struct Line: Equatable {
    var file: String
    var array: String
    var tokens: Range<Int>
  }

  private func index(_ name: String = "bands.files.csv") throws -> [Line] {
    let lines = try folder.text(name).split(separator: "\n")
    #expect(lines.first == "file,array,begin,end,tokens_per_second")
    return try lines.dropFirst().map { line in
      let fields = line.split(separator: ",").map(String.init)
      #expect(fields.count == 5 && Double(fields[4]) == 16000.0 / 256, "\(line)")
      return Line(
        file: fields[0], array: fields[1],
        tokens: try #require(Int(fields[2]))..<(try #require(Int(fields[3]))))
    }
  }

  /// Bytes of an array after its header.
  private func content(_ name: String) throws -> Data { Data(try folder.data(name).dropFirst(128)) }

  private func tokens(_ name: String) -> Int {
    max(0, (Self.lengths[name]! - 512) / 256 + (Self.lengths[name]! >= 512 ? 1 : 0))
  }

  @Test func foldersAndListsAreInputs() throws {
    try folder.write("lists/all.txt", "# what was heard\n../a.wav\n\nweek/b.wav\n")
    try folder.write("lists/table.csv", "label;File\nnormal;../a.wav\nnormal;../week/deep/a.wav\nrub;../a.wav\n")
    let run = try auscult("run", "bands.yaml", "--input", "week", "lists/all.txt", "lists/table.csv", "--quiet")
    #expect(run.status == 0, "\(run.err)")
    #expect(
      try index().map(\.file) == [
        "week/b.wav", "week/deep/a.wav", "week/tiny.wav", "lists/../a.wav", "week/b.wav", "lists/../a.wav",
        "lists/../week/deep/a.wav",
      ])
    let info = try auscult("info", "week", "lists/all.txt", "--csv")
    #expect(info.status == 0 && info.out.split(separator: "\n").count == 6, "\(info.err)")
  }

  @Test func whatIsNotThereIsNamed() throws {
    try folder.write("lists/all.txt", "../a.wav\nnone.wav\nb.wav\n")
    try folder.write("lists/empty.txt", "# nothing\n")
    try FileManager.default.createDirectory(atPath: folder.path + "/void", withIntermediateDirectories: true)
    let run = try auscult("run", "bands.yaml", "--input", "lists/all.txt", "void", "lists/empty.txt")
    #expect(run.status == 1)
    #expect(run.err.contains("lists/all.txt:2: there is no file lists/none.wav"), "\(run.err)")
    #expect(run.err.contains("lists/all.txt:3: there is no file lists/b.wav"))
    #expect(run.err.contains("void: holds no sound files") && run.err.contains("lists/empty.txt: names no files"))
    #expect(!folder.contains("bands.npy"))
  }

  @Test func anArrayHasAnIndexOfItsFiles() throws {
    let files = ["a.wav", "week/tiny.wav", "week/b.wav"]
    #expect(try auscult.run(["run", "bands.yaml", "--quiet", "--input"] + files).status == 0)
    #expect(try index().map(\.file) == files)
    var first = 0
    for line in try index() {
      #expect(line.array == "bands.npy" && line.tokens == first..<(first + tokens(line.file)), "\(line)")
      first = line.tokens.upperBound
    }
    #expect(try content("bands.npy").count == first * 16 * 4)
    // A run that continues the array continues the index; one that replaces it replaces the index.
    #expect(try auscult("run", "bands.yaml", "--quiet", "--input", "week/b.wav").status == 0)
    #expect(
      try index().last == Line(file: "week/b.wav", array: "bands.npy", tokens: first..<(first + tokens("week/b.wav"))))
    let replaced = try auscult("run", "bands.yaml", "--quiet", "--set", "array.append=false", "--input", "a.wav")
    #expect(replaced.status == 0)
    #expect(try index() == [Line(file: "a.wav", array: "bands.npy", tokens: 0..<tokens("a.wav"))])
    // The array was removed: its index is not mixed with the next one's.
    try FileManager.default.removeItem(atPath: folder.path + "/bands.npy")
    let next = try auscult("run", "bands.yaml", "--input", "week/b.wav")
    #expect(next.status == 0 && next.err.contains("bands.files.csv belongs to an array that no longer exists"))
    #expect(try index().map(\.file) == ["week/b.wav"])
    #expect(try index("bands.files.1.csv").map(\.file) == ["a.wav"])
  }

  @Test func eachFileHasAnArray() throws {
    let files = ["a.wav", "week/tiny.wav", "week/b.wav", "week/deep/a.wav"]
    #expect(
      try auscult.run(["run", "bands.yaml", "--quiet", "--set", "array.each=true", "--input"] + files).status == 0)
    let arrays = ["bands/a.npy", "bands/tiny.npy", "bands/b.npy", "bands/a-2.npy"]
    #expect(try index() == zip(files, arrays).map { Line(file: $0, array: $1, tokens: 0..<tokens($0)) })
    #expect(!folder.contains("bands.npy"))
    // The same numbers as in one array.
    #expect(
      try auscult.run(["run", "bands.yaml", "--quiet", "--set", "array.path=one.npy", "--input"] + files).status == 0)
    let parts = try arrays.reduce(Data()) { $0 + (try content($1)) }
    #expect(try content("one.npy") == parts && !parts.isEmpty)
  }

  /// An index never replaces another kind of file.
  @Test func anotherTableIsLeftAlone() throws {
    try folder.write("bands.files.csv", "my own table\n")
    let run = try auscult("run", "bands.yaml", "--input", "a.wav", "--quiet")
    #expect(run.status == 1 && run.err.contains("bands.files.csv"), "\(run.err)")
    #expect(try folder.text("bands.files.csv") == "my own table\n")
  }
}
