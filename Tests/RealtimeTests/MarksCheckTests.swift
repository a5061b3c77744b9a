import Foundation
import TestSupport
import Testing

/// Overrides do not inherit marks, so a script looks for overrides without them. This tests that the script finds them.
@Suite struct MarksCheckTests {
  private func check(_ paths: String...) throws -> Program {
    try Program.run(BuildFolder.package + "/scripts/check-marks", paths)
  }

  private func checkFixture(_ name: String) throws -> Program { try check("Tests/Fixtures/marks/\(name).swift") }

  private func lacks(_ name: String, _ line: Int, _ method: String, _ marks: String) -> String {
    "Tests/Fixtures/marks/\(name).swift:\(line): error: this override of '\(method)' lacks \(marks): "
      + "marks are not inherited\n"
  }

  @Test func everyOverrideInThisRepositoryIsMarked() throws {
    let result = try check()
    #expect(result.status == 0, "\(result.output)")
  }

  @Test func marksCountInAnyOrderAndLayoutAndTextIsNotCode() throws {
    let result = try checkFixture("good")
    #expect(result.status == 0)
    #expect(result.output == "check-marks: 2 overrides of process and reset, all marked\n")
  }

  @Test func unmarkedOverridesAreFound() throws {
    let process = try checkFixture("unmarked-process")
    #expect(process.status != 0)
    #expect(process.output == lacks("unmarked-process", 2, "process", "@_noLocks and @_noAllocation"))
    let reset = try checkFixture("unmarked-reset")
    #expect(reset.status != 0)
    #expect(reset.output == lacks("unmarked-reset", 5, "reset", "@_noLocks and @_noAllocation"))
  }

  @Test func oneMarkIsNotEnough() throws {
    let result = try checkFixture("one-mark")
    #expect(result.status != 0)
    #expect(
      result.output == lacks("one-mark", 3, "process", "@_noAllocation") + lacks("one-mark", 5, "reset", "@_noLocks"))
  }

  @Test func marksInCommentsDoNotCount() throws {
    let result = try checkFixture("marks-in-comment")
    #expect(result.status != 0)
    #expect(
      result.output == lacks("marks-in-comment", 3, "process", "@_noLocks and @_noAllocation")
        + lacks("marks-in-comment", 4, "reset", "@_noLocks"))
  }

  @Test func marksOfAnotherDeclarationDoNotCount() throws {
    let result = try checkFixture("marks-of-another")
    #expect(result.status != 0)
    #expect(
      result.output == lacks("marks-of-another", 5, "process", "@_noLocks and @_noAllocation")
        + lacks("marks-of-another", 9, "reset", "@_noLocks and @_noAllocation"))
  }

  @Test func theNodeThatTheSanitizerMustStopIsFoundHereToo() throws {
    let result = try check("Tests/Fixtures/plugins/bad-realtime")
    #expect(result.status != 0)
    #expect(result.output.contains("Unmarked.swift:16: error: this override of 'process' lacks"))
  }

  @Test func findingNothingToCheckIsAFailure() throws {
    let result = try checkFixture("none")
    #expect(result.status != 0)
    #expect(result.output == "check-marks: found no override of process or reset to check\n")
  }
}
