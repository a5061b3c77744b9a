import Foundation
import Glibc
import JSONText
import TestSupport
import Testing

/// `sink.command`: graph in, programs run.
@Suite struct CommandSinkTests {
  /// The alarm of `Workshop.graph`, with a program in place of the database.
  private func shop(_ command: String, _ parameters: String = "") throws -> Workshop {
    let past = "past: { type: sink.sqlite, path: past.sqlite }"
    return try Workshop(
      graph: Workshop.graph.replacing(past, with: "past: { type: sink.command, command: \(command)\(parameters) }")
        .replacing("      - judge -> past\n", with: "").replacing("  - judge -> past\n", with: ""))
  }

  private func script(_ shop: Workshop, _ name: String, _ body: String) throws {
    try shop.write(name, "#!/bin/sh\n" + body)
    chmod(shop.path(name), 0o755)
  }

  @Test func eventsReachTheProgram() throws {
    let shop = try shop("[./note, one two, \"$(touch owned)\", \"\"]")
    try script(
      shop, "note",
      """
      printf '%s|' "$@" >> arguments; echo >> arguments
      cat >> input
      echo "$AUSCULT_KIND $AUSCULT_STATE $AUSCULT_MACHINE $AUSCULT_ID $AUSCULT_SKIPPED $AUSCULT_BEGIN" >> environment
      """)
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q")
    #expect(run.status == 0 && run.err.isEmpty, "\(run.err)")
    let alarms = try shop.records().filter { $0["kind"] == "alarm" }
    #expect(alarms.count == 2)
    #expect(
      try shop.text("input")
        == shop.text("log.jsonl").split(separator: "\n").filter { $0.contains(#""kind":"alarm""#) }
        .map { $0 + "\n" }.joined(), "the same lines as in sink.jsonl")
    let expected = alarms.map {
      "alarm \($0["state"]!.text!) fan-00 \($0["id"]!.text!) 0 \($0["begin"]!.integer!)\n"
    }
    #expect(try shop.text("environment") == expected.joined())
    #expect(try shop.text("arguments") == String(repeating: "one two|$(touch owned)||\n", count: 2))
    #expect(!shop.contains("owned"), "no shell reads the arguments")
  }

  /// A variable of the environment may hold any bytes.
  @Test func theEnvironmentIsPassedOn() throws {
    let shop = try shop("[./note]", ", events: cleared")
    try script(shop, "note", "printf '%s|%s' \"$LATIN\" \"$AUSCULT_STATE\" > environment\n")
    let run = try shop.run(
      "/bin/sh",
      [
        "-c", "LATIN=$(printf '\\351x') AUSCULT_STATE=earlier exec \"$0\" run watch.yaml --input fan.wav -q",
        BuildFolder.path + "/auscult",
      ])
    #expect(run.status == 0, "\(run.err)")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: shop.path("environment")))
    #expect(Array(bytes) == [0xE9, 0x78] + Array("|cleared".utf8))
  }

  @Test func chosenEventsOnly() throws {
    let shop = try shop("[./note]", ", events: cleared")
    try script(shop, "note", "echo $AUSCULT_STATE >> states\n")
    #expect(try shop.auscult("run", "watch.yaml", "--input", "fan.wav", "-q").status == 0)
    #expect(try shop.text("states") == "cleared\n")
  }

  /// The program of the first event runs; of those that follow within `every`, the latest runs at the end.
  @Test func skippedEventsAreCounted() throws {
    let shop = try shop("[./note]", ", every: 1 h, events: [raised, cleared]")
    try Data(Workshop.sound(seconds: 30, loud: 6..<9) + []).write(to: URL(fileURLWithPath: shop.path("fan.wav")))
    try script(shop, "note", "echo $AUSCULT_STATE $AUSCULT_SKIPPED >> states\n")
    let run = try shop.auscult(
      "run", "watch.yaml", "-q", "--input", "fan.wav", "--set", "alarm.realarm=0.3 s", "--set",
      "past.events=[raised, repeated, cleared]")
    #expect(run.status == 0, "\(run.err)")
    let count = try shop.records().count { $0["kind"] == "alarm" }
    #expect(count > 4)
    let lines = try shop.text("states").split(separator: "\n")
    #expect(lines.count == 2 && lines.first == "raised 0" && lines.last == "cleared \(count - 2)", "\(lines)")
  }

  @Test func failuresAreReportedOnce() throws {
    let shop = try shop("[./note]")
    try script(shop, "note", "echo nobody is there >&2; exit 3\n")
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav")
    #expect(run.status == 0, "the graph runs on: \(run.err)")
    #expect(run.err.components(separatedBy: "./note ended with status 3: nobody is there").count == 2, "\(run.err)")
    let missing = try shop.auscult(
      "run", "watch.yaml", "--input", "fan.wav", "--set", "past.command=[no-such-program-here]")
    #expect(missing.err.contains("no-such-program-here cannot be run: there is no such program in $PATH"))
  }

  /// A program that hangs is ended with all that it has started.
  @Test func hangingProgramIsEnded() throws {
    let shop = try shop("[./note]", ", timeout: 0.3 s, events: raised")
    try script(shop, "note", "trap '' TERM\nsleep 1000 & echo $! > child\necho $$ > leader\nwait\nsleep 1000\n")
    let begin = Date()
    let run = try shop.auscult("run", "watch.yaml", "--input", "fan.wav")
    #expect(Date().timeIntervalSince(begin) < 60 && run.status == 0)
    #expect(run.err.contains("./note did not end within 0.3 s, and was ended"), "\(run.err)")
    for name in ["child", "leader"] {
      let process = try #require(pid_t(try shop.text(name).trimmingCharacters(in: .whitespacesAndNewlines)))
      try waitUntil { kill(process, 0) != 0 || isZombie(process) }
    }
  }

  private func isZombie(_ process: pid_t) -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
    return text.contains(") Z ")
  }

  @Test(arguments: ["[]", "\"\"", "[\"\"]"]) func aCommandNamesAProgram(_ command: String) throws {
    let outcome = try shop(command).auscult("run", "watch.yaml", "--input", "fan.wav")
    #expect(outcome.status == 1 && outcome.err.contains("watch.yaml:11:"), "\(outcome.err)")
  }
}
