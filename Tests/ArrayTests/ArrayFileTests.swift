import Arrays
import Testing

@Suite struct ArrayFileTests {
  @Test func arraysAreRead() throws {
    let embeddings = try NumPyFile.read(FixtureFiles.bytes("embeddings.npy")[...])
    #expect(embeddings.shape == [4, 3])
    #expect(embeddings.floats == (0..<12).map { Float($0) / 4 })
    #expect(embeddings.integers == nil)
    let ids = try NumPyFile.read(FixtureFiles.bytes("ids.npy")[...])
    #expect(ids.integers == [0, 1, 0, 1])
  }

  @Test(arguments: [("objects.npy", "it holds '|O'"), ("fortran.npy", "Fortran's order")])
  func otherArraysAreRefused(name: String, reason: String) throws {
    let problem = try #require(throws: ArrayProblem.self) { try NumPyFile.read(FixtureFiles.bytes(name)[...]) }
    #expect(problem.text.contains(reason), "\(problem.text)")
  }

  @Test func aFileThatIsCutAtAnyByteIsRefused() throws {
    let bytes = try FixtureFiles.bytes("embeddings.npy")
    for size in 0..<bytes.count {
      #expect(throws: ArrayProblem.self) { try NumPyFile.read(bytes[..<size]) }
    }
  }

  @Test(arguments: [
    "(2147483648,)", "(9223372036854775807, 4)", "(4, 3, -1)", "(1, 1, 1, 1, 1, 1, 1, 1, 12)", "(12", "[12]", "(1e9,)",
    "(4, 3), 'shape': (4, 3)",
  ])
  func claimsAreChecked(shape: String) throws {
    let bytes = try FixtureFiles.bytes("embeddings.npy")
    let header = "{'descr': '<f4', 'fortran_order': False, 'shape': \(shape), }"
    let text = Array(header.utf8) + Array(repeating: 32, count: 117 - header.utf8.count) + [10]
    #expect(throws: ArrayProblem.self) { try NumPyFile.read((bytes[..<10] + text + bytes[128...])[...]) }
  }
}
