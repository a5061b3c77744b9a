import Arrays
import Testing

@Suite struct PickleTests {
  private func read(_ name: String) throws -> PickleValue { try PickleReader.read(FixtureFiles.bytes(name)[...]) }

  private func members(_ value: PickleValue) throws -> [PickleValue.Pair] {
    guard case .dictionary(let pairs) = value else { throw ArrayProblem("no dictionary") }
    return pairs
  }

  @Test(arguments: ["1", "2"], 0...5)
  func systemDsFilesAreRead(major: String, version: Int) throws {
    let names = try members(read("names-\(major)-\(version).pkl"))
    let long = String(repeating: "long", count: 80)
    #expect(names.map(\.key) == ["id_00", "id_02", "Lüfter", long].map { .text($0) })
    #expect(names.map(\.value) == (0..<4).map { .integer($0) })
    let thresholds = try members(read("thresholds-\(major)-\(version).pkl"))
    #expect(thresholds.map(\.key) == (0..<4).map { .integer($0) })
    #expect(thresholds.map(\.value.asNumber) == [0.25, 1.5, 3, 1e-3])
  }

  @Test(arguments: ["1", "2"], 0...5)
  func allKindsOfDataAreRead(major: String, version: Int) throws {
    let pairs = try members(read("mixed-\(major)-\(version).pkl"))
    let values = Dictionary(
      uniqueKeysWithValues: try pairs.map { pair -> (String, PickleValue) in
        guard case .text(let name) = pair.key else { throw ArrayProblem("no text") }
        return (name, pair.value)
      })
    guard case .array(let array)? = values["array"], case .array(let big)? = values["big"] else {
      throw ArrayProblem("no arrays")
    }
    #expect(array.shape == [2, 3] && array.floats == [0, 1, 2, 3, 4, 5])
    #expect(big.integers == [1, -2])
    #expect(values["none"] == PickleValue.none && values["flag"] == .boolean(true))
    #expect(values["truth"] == .list([.boolean(true), .boolean(false)]))
    #expect(
      values["tuple"] == .list([.integer(1), .integer(-1), .integer(1 << 31), .integer(-(1 << 40)), .number(0.5)]))
    #expect(values["empty"] == .list([.list([]), .list([]), .dictionary([])]))
    guard case .list(let same)? = values["same"] else { throw ArrayProblem("no list") }
    #expect(same.count == 2 && same[0] == same[1])
  }

  // MARK: Hostile

  /// Written by hand: each would run code, or would fill the memory.
  @Test(arguments: [
    ("cos\nsystem\n(S'id'\ntR.", "the global 'os.system'"),
    ("\u{80}\u{4}\u{8c}\u{5}posix\u{8c}\u{6}system\u{93}.", "the global 'posix.system'"),
    ("cbuiltins\neval\n.", "the global 'builtins.eval'"),
    (
      "cnumpy.core.multiarray\n_reconstruct.__globals__\n.",
      "the global 'numpy.core.multiarray._reconstruct.__globals__'"
    ),
    ("c\u{1b}[2J\nx\n.", "\\u{1B}"),
    ("(i__main__\nX\n.", "INST"), ("P1\n.", "PERSID"), ("}\u{81}.", "NEWOBJ"), ("\u{82}\u{1}.", "EXT1"),
    ("\u{97}.", "NEXT_BUFFER"), ("\u{80}\u{6}N.", "protocol 6"), ("a.", "not there"), ("NNa.", "no container"),
    (".", "not there"),
    ("h\u{5}.", "not stored"), ("N}b.", "state"), ("N)R.", "no function"), ("cnumpy\ndtype\n.", "no data"),
    ("\u{8d}\u{0}\u{0}\u{0}\u{80}\u{0}\u{0}\u{0}\u{0}.", "cut short"),
    ("B\u{ff}\u{ff}\u{ff}\u{7f}.", "cut short"), ("\u{8b}\u{ff}\u{ff}\u{ff}\u{7f}.", "63 bits"),
    // A list that holds itself, and one of a million levels.
    ("]q\u{0}h\u{0}a.", "nested"),
  ])
  func codeIsRefused(text: String, reason: String) throws {
    let bytes = text.unicodeScalars.map { UInt8($0.value) }
    let problem = try #require(throws: ArrayProblem.self) { try PickleReader.read(bytes[...]) }
    #expect(problem.text.contains(reason), "\(problem.text)")
  }

  @Test func bombsAreRefused() throws {
    // Each list holds the one before it ten times: 10^40 values.
    var doubling: [UInt8] = Array("]N".utf8) + Array("a".utf8)
    for level in UInt8(0)..<40 {
      doubling += [0x71, level] + Array("]".utf8) + Array("(".utf8)
      for _ in 0..<10 { doubling += [0x68, level] }
      doubling += Array("e".utf8)
    }
    let deep =
      Array(repeating: UInt8(ascii: "]"), count: 900_000)
      + Array(repeating: UInt8(ascii: "a"), count: 899_999) + [UInt8(ascii: ".")]
    let tuples = [UInt8(ascii: ")")] + Array(repeating: UInt8(0x85), count: 900_000) + [UInt8(ascii: ".")]
    let many = Array(repeating: UInt8(ascii: "N"), count: 20 << 20) + [UInt8(ascii: ".")]
    // A text of 16 MiB that is turned into bytes again and again.
    var copies: [UInt8] =
      Array("c_codecs\nencode\nq".utf8) + [0, 0x58, 0, 0, 0, 1] + Array(repeating: 97, count: 16 << 20)
    copies += Array("q".utf8) + [1] + Array("X".utf8) + [6, 0, 0, 0] + Array("latin1q".utf8) + [2]
    for _ in 0..<20 { copies += [0x68, 0, 0x68, 1, 0x68, 2, 0x86, 0x52] }
    // Lists with the same value eight million times.
    var wide: [UInt8] = Array("Nq".utf8) + [0]
    for _ in 0..<40 {
      wide += Array("](".utf8)
      for _ in 0..<200_000 { wide += [0x68, 0] }
      wide += Array("e".utf8)
    }
    for (name, bytes) in [
      ("doubling", doubling + [0x2e]), ("deep", deep), ("tuples", tuples), ("many", many), ("copies", copies + [0x2e]),
      ("wide", wide + [0x2e]),
    ] {
      #expect(throws: ArrayProblem.self, "\(name)") { try PickleReader.read(bytes[...]) }
    }
  }

  @Test(arguments: FixtureFiles.pickles)
  func aPickleThatIsCutAtAnyByteIsRefused(name: String) throws {
    let bytes = try FixtureFiles.bytes(name)
    for size in 0..<bytes.count {
      #expect(throws: ArrayProblem.self) { try PickleReader.read(bytes[..<size]) }
    }
  }

  /// Any bytes give a value or a message.
  @Test func changedBytesDoNoHarm() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    print("changed pickles: seed \(seed)")
    var state = seed
    func draw(_ most: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % most
    }
    let files = try FixtureFiles.pickles.map { try FixtureFiles.bytes($0) }
    var refused = 0
    for round in 0..<20_000 {
      var bytes = files[round % files.count]
      for _ in 0...draw(4) { bytes[draw(bytes.count)] = UInt8(draw(256)) }
      do { _ = try PickleReader.read(bytes[...]) } catch { refused += 1 }
    }
    #expect(refused > 1000)
  }
}
