import Foundation
import Glibc
import SystemCalls
import Testing

/// Programs that end in time, whatever they do.
@Suite struct LimitedProgramTests {
  private func shell(_ script: String, seconds: Double = 60) throws -> LimitedProgram {
    LimitedProgram(try #require(ExternalProgram("/bin/sh")), ["-c", script], seconds: seconds)
  }

  @Test func outputAndEndAreThoseOfTheProgram() throws {
    var program = try shell("cat; pwd; echo \"$ONE\"; echo sorry >&2; exit 3")
    (program.input, program.folder, program.environment) = (Array("given\n".utf8), "/", ["ONE=1"])
    var bytes: [UInt8] = []
    let outcome = try #require(
      program.run {
        bytes += $0
        return true
      })
    #expect(String(decoding: bytes, as: UTF8.self) == "given\n/\n1\n")
    #expect(outcome.end == .ended(status: 3) && outcome.errors == "sorry\n")
    program.hasErrorsAmongOutput = true
    _ = program.run {
      bytes = Array($0)
      return true
    }
    #expect(String(decoding: bytes, as: UTF8.self).hasSuffix("sorry\n"))
    #expect(try shell("kill -KILL $$").run { _ in true }?.end == .signalled(SIGKILL))
  }

  /// Also what the program has started.
  @Test func itEndsInTimeWithItsChildren() throws {
    let began = ContinuousClock.now
    var bytes: [UInt8] = []
    let program = try shell("trap '' TERM; sleep 600 & echo $!; wait; sleep 600", seconds: 0.3)
    #expect(
      program.run {
        bytes += $0
        return true
      }?.end == .late)
    #expect(ContinuousClock.now - began < .seconds(30))
    let child = try #require(
      pid_t(String(decoding: bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)))
    #expect(Polling.wait(seconds: 60, every: .milliseconds(10)) { !runs(child) })
  }

  /// Nobody may have collected its end.
  private func runs(_ process: pid_t) -> Bool {
    let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)
    return state.map { !$0.contains(") Z ") } ?? false
  }

  @Test func itEndsWhenItIsNoLongerWanted() throws {
    var count = 0
    let endless = try shell("while :; do echo aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa; done")
    #expect(
      endless.run {
        count += $0.count
        return count < 100_000
      }?.end == .stopped)
    #expect(count < 200_000)
    var asked = 0
    let silent = try shell("sleep 600")
    let outcome = silent.run(
      isWanted: {
        asked += 1
        return asked < 3
      }, output: { _ in true })
    #expect(outcome?.end == .stopped && asked == 3)
  }
}
