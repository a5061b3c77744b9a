import TestSupport
import Testing

/// The basis of marked code: this compiler refuses code that allocates, locks or is unknown.
@Suite struct CompilerProofTests {
  private func compile(_ name: String) throws -> Program {
    try Program.run(
      "swiftc",
      [
        "-O", "-parse-as-library", "-c", "-o", "/dev/null",
        BuildFolder.package + "/Tests/Fixtures/marked/\(name).swift",
      ])
  }

  @Test(arguments: ["array-growth", "class-creation", "printing", "dynamic-dispatch"])
  func markedCodeThatMightBlockIsRefused(name: String) throws {
    let result = try compile(name)
    #expect(result.status != 0)
    // "... operations which can cause locking", "... can cause metadata allocation or locks"
    #expect(result.output.contains("error: ") && result.output.contains("can cause"), "\(result.output)")
  }

  @Test func markedCodeThatOnlyComputesIsAccepted() throws {
    let result = try compile("accepted")
    #expect(result.status == 0, "\(result.output)")
  }
}
