import Glibc
import SystemCalls
import TestSupport
import Testing

/// Other programs, run to their end.
struct ExternalProgramTests {
  private func shell(_ script: String, input: [UInt8] = [], errors: ExternalProgram.Errors = .kept) throws
    -> ExternalProgram.Outcome
  {
    let program = try #require(ExternalProgram("sh"))
    return try #require(program.run(["-c", script], input: input, folder: "/", errors: errors))
  }

  @Test("Much input and much output on both streams: neither side waits for the other", .timeLimit(.minutes(1)))
  func much() throws {
    let input = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
    let outcome = try shell("head -c 2000000 /dev/zero >&2; cat; head -c 2000000 /dev/zero >&2", input: input)
    #expect(outcome.status == 0 && outcome.output == input && outcome.errors.count == 4_000_000)
  }

  @Test("A program that reads nothing is no trouble")
  func readsNothing() throws {
    let outcome = try shell("echo done", input: [UInt8](repeating: 0, count: 1_000_000))
    #expect(outcome.status == 0 && outcome.output == Array("done\n".utf8))
  }

  @Test("Its status is its own, or tells the signal that ended it")
  func status() throws {
    let failed = try shell("pwd; echo first >&2; echo last >&2; echo >&2; exit 7")
    #expect(failed.status == 7 && failed.output == Array("/\n".utf8) && failed.lastWords == "last")
    #expect(try shell("kill -9 $$").status == 137)
  }

  @Test("Both streams in one, in the order of writing")
  func together() throws {
    let outcome = try shell("echo a; echo b >&2; echo c", errors: .amongOutput)
    #expect(outcome.output == Array("a\nb\nc\n".utf8) && outcome.errors.isEmpty)
  }

  @Test("It inherits no descriptor, and no signal that is ignored here")
  func inheritsNothing() throws {
    let held = open("/dev/null", O_RDONLY)
    try #require(held >= 0)
    defer { close(held) }
    let outcome = try shell("ls /proc/self/fd")
    #expect(String(decoding: outcome.output, as: UTF8.self).split(separator: "\n").allSatisfy { (Int($0) ?? 9) < 4 })
  }

  @Test("What is not there, or may not be run, is no program")
  func missing() throws {
    let scratch = ScratchFolder()
    #expect(ExternalProgram("no-such-program-of-ours") == nil)
    #expect(ExternalProgram(scratch.file("nothing")) == nil)
    #expect(ExternalProgram("/bin/sh")?.path == "/bin/sh")
  }
}
