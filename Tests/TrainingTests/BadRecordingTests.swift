import Foundation
import TestSupport
import Testing

/// Unusable recordings: too short, unreadable, or from a stuck sensor.
@Suite struct BadRecordingTests {
  private func workshop() throws -> CommandFolder {
    let workshop = try CommandFolder()
    try workshop.write("watch.yaml", watchGraph("type: detector.kmeans, model: model.safetensors"))
    for index in 0..<4 { try workshop.record("n/\(index).wav", machineSound(seconds: 1.5, seed: UInt64(index))) }
    return workshop
  }

  private func train(_ workshop: CommandFolder, _ arguments: String...) throws -> CommandFolder.Outcome {
    try workshop.run(
      ["train", "watch.yaml", "--output", "model.safetensors", "--threshold", "9", "--json"] + arguments)
  }

  @Test func shortClipsAreNamedAndCounted() throws {
    let workshop = try workshop()
    for name in ["n/short-a.wav", "n/short-b.wav"] { try workshop.record(name, machineSound(seconds: 0.1, seed: 9)) }
    let outcome = try workshop.run([
      "train", "watch.yaml", "--normal", "n", "--output", "model.safetensors", "--threshold", "9",
    ])
    #expect(outcome.status == 0)
    #expect(outcome.err.contains("2 of 6 recordings are too short for a token of 0.2"), "\(outcome.err)")
    #expect(outcome.err.contains("and not learned from: n/short-a.wav, n/short-b.wav"), "\(outcome.err)")
    #expect(outcome.out.contains("of 4 recordings"), "\(outcome.out)")
    let training = try json(try train(workshop, "--normal", "n").out)["training"] as? [String: Any]
    #expect(training?["too_short"] as? [String] == ["n/short-a.wav", "n/short-b.wav"])
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--normal", "n", "--force", "--json")
    #expect(try json(judged.out)["too_short"] as? [String] == ["n/short-a.wav", "n/short-b.wav"])
    #expect(judged.err.contains("2 of 6 recordings are too short for a token, and not judged: n/short-a.wav"))
  }

  @Test func unreadableFilesAreLeftOutOnRequest() throws {
    let workshop = try workshop()
    try workshop.write("n/broken.wav", "no sound at all")
    let refused = try train(workshop, "--normal", "n")
    #expect(refused.status == 1 && refused.err.contains("n/broken.wav"))
    let outcome = try train(workshop, "--normal", "n", "--skip-unreadable")
    #expect(outcome.status == 0, "\(outcome.err)")
    #expect(outcome.err.contains("left out n/broken.wav: ") && outcome.err.contains("left out 1 recording of 5"))
    let training = try json(outcome.out)["training"] as? [String: Any]
    #expect((training?["left_out"] as? [[String: Any]])?.first?["file"] as? String == "n/broken.wav")
    #expect((training?["recordings"] as? [Any])?.count == 4)
    try workshop.write("all.csv", "file,label\nn/0.wav,normal\nn/gone.wav,normal\nn/broken.wav,normal\n")
    let evaluate = ["evaluate", "watch.yaml", "--manifest", "all.csv", "--force", "--json"]
    #expect(try workshop.run(evaluate).err.contains("all.csv:3: there is no file n/gone.wav"))
    let judged = try workshop.run(evaluate + ["--skip-unreadable"])
    #expect(judged.status == 0, "\(judged.err)")
    let left = try #require(try json(judged.out)["left_out"] as? [[String: Any]])
    #expect(left.map { $0["file"] as? String } == ["n/gone.wav", "n/broken.wav"])
    try workshop.write("none.csv", "file,label\nn/broken.wav,normal\n")
    #expect(try train(workshop, "--manifest", "none.csv", "--skip-unreadable").err.contains("none of its recordings"))
  }

  /// All problems are reported in one error.
  @Test func stuckAndUnreadableAtOnce() throws {
    let workshop = try workshop()
    try workshop.write("n/broken.wav", "no sound at all")
    try workshop.record("n/constant.wav", [Float](repeating: 0.25, count: 24_000))
    let refused = try train(workshop, "--normal", "n")
    #expect(refused.status == 1)
    #expect(refused.err.contains("n/broken.wav") && refused.err.contains("n/constant.wav: its sensor is stuck"))
    #expect(
      refused.err.contains("1 can't be read: take it out, too"), "\(refused.err)")
  }

  /// The model records the recordings that it was trained on, not those that were given.
  @Test func secondsAreThoseLearnedFrom() throws {
    let workshop = try workshop()
    let seconds = { (json: [String: Any]) in (json["training"] as? [String: Any])?["seconds"] as? Double }
    let before = try #require(seconds(try json(try train(workshop, "--normal", "n").out)))
    for index in 0..<9 { try workshop.record("n/short-\(index).wav", machineSound(seconds: 0.15, seed: 9)) }
    try workshop.record("n/silent.wav", [Float](repeating: 0, count: 24_000))
    let after = try #require(seconds(try json(try train(workshop, "--normal", "n").out)))
    #expect(before == after && before > 5 && before <= 6, "\(before), \(after)")
  }

  @Test func calibrateTellsOfShortClips() throws {
    let workshop = try workshop()
    try #require(try train(workshop, "--normal", "n").status == 0)
    for index in 0..<3 {
      try workshop.record("later/\(index).wav", machineSound(seconds: 1.5, seed: UInt64(20 + index)))
    }
    try workshop.record("later/short.wav", machineSound(seconds: 0.1, seed: 9))
    let outcome = try workshop.auscult("calibrate", "watch.yaml", "--normal", "later")
    #expect(outcome.status == 0)
    #expect(
      outcome.err.contains(
        "1 of 4 recordings is too short for a token, and thresholds are set without it: later/short.wav"),
      "\(outcome.err)")
  }

  /// Where no alarm can be raised, the absence of alarms means nothing.
  @Test func recordingsTooShortForTheAlarmCountStretches() throws {
    let workshop = try workshop()
    try workshop.write(
      "watch.yaml",
      watchGraph("type: detector.kmeans, model: model.safetensors").replacing("on: 0.2 s", with: "on: 5 s"))
    try #require(try train(workshop, "--normal", "n").status == 0)
    let outcome = try workshop.auscult(
      "evaluate", "watch.yaml", "--normal", "n", "--force", "--json", "--set", "judge.threshold=0")
    let pooled = try #require(try json(outcome.out)["pooled"] as? [String: Any])
    #expect(pooled["alarm_unit"] as? String == "stretch" && pooled["false_alarms_per_hour"] as? Double ?? 0 > 100)
    #expect(
      outcome.err.contains("the recordings of fan are too short to raise the graph's alarm"), "\(outcome.err)")
  }

  /// An event shorter than half a token, and a longer one.
  @Test func eventsWithoutTokensAreTold() throws {
    let workshop = try workshop()
    try #require(try train(workshop, "--normal", "n").status == 0)
    try workshop.write("e.csv", "file,label,begin,end\nn/0.wav,anomaly,0.5,0.52\nn/1.wav,anomaly,0.2,1.2\n")
    let outcome = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "e.csv", "--force", "--json")
    #expect(
      outcome.status == 0 && outcome.err.contains("1 event has no token that lies in it by more than half"),
      "\(outcome.err)")
    #expect(try json(outcome.out)["events_without_tokens"] as? [String] == ["n/0.wav: 0.5 to 0.52 s"])
  }

  private static let stuck: [(name: String, sound: [Float], says: String)] = [
    ("constant", [Float](repeating: 0.25, count: 24_000), "every sample is 0.25 of full scale"),
    ("held", (0..<24_000).map { $0 < 300 ? 0.1 * Float($0 % 7) : -0.5 }, "of the samples only repeat the one before"),
    (
      "clipped", machineSound(seconds: 1.5, seed: 5).map { $0 * 100 },
      "of the samples are at the ends of its range: it is clipped all the time"
    ),
    (
      "limited", machineSound(seconds: 1.5, seed: 6).map { max(-0.4, min(0.4, $0 * 1000)) },
      "it is clipped all the time"
    ),
    (
      "dithered", (0..<24_000).map { 0.25 + Float($0 % 3) / 32768 },
      "all samples lie within a few of its converter's steps of 0.25"
    ),
  ]

  @Test(arguments: stuck.indices) func stuckSensorsAreFoundAndRefused(index: Int) throws {
    let workshop = try workshop()
    let (name, sound, says) = Self.stuck[index]
    try workshop.record("n/\(name).wav", sound)
    let info = try workshop.auscult("info", "n")
    #expect(info.status == 0)
    let warnings = info.err.split(separator: "\n")
    #expect(warnings.count == 1 && warnings[0].contains("n/\(name).wav: its sensor is stuck: "), "\(info.err)")
    #expect(info.err.contains(says), "\(info.err)")
    let files = try json(try workshop.auscult("info", "n", "--json").out)["files"] as? [[String: Any]] ?? []
    #expect(files.filter { $0["stuck"] != nil }.map { $0["name"] as? String } == ["n/\(name).wav"])
    let refused = try train(workshop, "--normal", "n")
    #expect(refused.status == 1 && !workshop.contains("model.safetensors"))
    #expect(
      refused.err.contains("n/\(name).wav: its sensor is stuck: ") && refused.err.contains("take this recording out"))
    #expect(try train(workshop, "--normal", "n", "--force").status == 0)
  }

  /// Real sound is accepted: loud, quiet, with pauses, of one frequency.
  @Test func othersAreNot() throws {
    let workshop = try workshop()
    let hum = (0..<24_000).map { 0.9 * sin(Float($0) * 0.05) }
    try workshop.record("n/loud.wav", hum.map { max(-1, min(1, 1.2 * $0)) })
    try workshop.record("n/quiet.wav", hum.map { $0 * 0.0005 })
    try workshop.record("n/pauses.wav", hum.enumerated().map { $0 < 20_000 ? 0 : $1 })
    try workshop.record("n/impulse.wav", (0..<24_000).map { $0 == 9000 ? 1 : 0 })
    try workshop.record("n/silent.wav", [Float](repeating: 0, count: 24_000))
    try workshop.record("n/square.wav", (0..<24_000).map { $0 % 2 == 0 ? 0.5 : -0.5 })
    try workshop.recordFloats("n/faint.wav", hum.map { $0 * 2e-5 })
    try workshop.recordFloats("n/beyond.wav", hum.map { $0 * 40 })
    let info = try workshop.auscult("info", "n")
    #expect(info.err.isEmpty && info.status == 0, "\(info.err)")
  }

  /// Latin-1, from another system's disk.
  @Test func namesThatAreNoUTF8() throws {
    let workshop = try workshop()
    try workshop.record("n/cafe.wav", machineSound(seconds: 1.5, seed: 7))
    let name: [CChar] = "\(workshop.path)/n/caf".utf8CString.dropLast() + [CChar(bitPattern: 0xE9)] + ".wav".utf8CString
    #expect(rename("\(workshop.path)/n/cafe.wav", name) == 0)
    let shown = #"n/caf\xE9.wav"#
    let info = try workshop.auscult("info", "n")
    #expect(info.status == 0 && info.out.contains(shown), "\(info.err)")
    let trained = try train(workshop, "--normal", "n")
    #expect(trained.status == 0, "\(trained.err)")
    let recordings = (try json(trained.out)["training"] as? [String: Any])?["recordings"] as? [[String: Any]] ?? []
    #expect(recordings.contains { $0["name"] as? String == #"caf\xE9.wav"# })
    try workshop.write("all.csv", Data("file,label\nn/caf".utf8) + Data([0xE9]) + Data(".wav,normal\n".utf8))
    let judged = try workshop.auscult("evaluate", "watch.yaml", "--manifest", "all.csv", "--force", "--json")
    try #require(judged.status == 0, "\(judged.err)")
    #expect(try json(judged.out)["recordings"] as? Int == 1)
    // As an argument, too, and in the records.
    #expect(try shell(#""$0" run watch.yaml --quiet --input "$(printf 'n/caf\351.wav')""#, in: workshop) == 0)
    let record = try json(String(try workshop.text("log.jsonl").split(separator: "\n")[0]))
    #expect(record["file"] as? String == shown)
    // No model replaces it.
    #expect(try shell(#"ln -s "$(printf 'n/caf\351.wav')" model.link"#, in: workshop) == 0)
    let refused = try train(workshop, "--normal", "n", "--output", "model.link")
    #expect(refused.status == 1 && refused.err.contains("a recording that is read"), "\(refused.err)")
  }

  /// Graphs, models, records and folders whose names are not UTF-8.
  @Test func outputsWhoseNamesAreNoUTF8() throws {
    let workshop = try workshop()
    let lines = [
      #"cp watch.yaml "$(printf 'gr\351.yaml')""#,
      #""$0" train "$(printf 'gr\351.yaml')" --normal n --threshold 9 -q --output "$(printf 'o\351/p/m\351')""#,
      #"test -s "$(printf 'o\351/p/m\351')""#,
      #""$0" run "$(printf 'gr\351.yaml')" --quiet --input n/0.wav --set judge.model="$(printf 'o\351/p/m\351')""#
        + #" --set log.path="$(printf 'r\351.jsonl')""#,
      #"test -s "$(printf 'r\351.jsonl')""#,
    ]
    for line in lines { #expect(try shell(line, in: workshop) == 0, "\(line)") }
  }

  /// Exit status of a line, "$0" in which is the program.
  private func shell(_ line: String, in workshop: CommandFolder) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line, BuildFolder.path + "/auscult"]
    process.currentDirectoryURL = URL(fileURLWithPath: workshop.path)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}
