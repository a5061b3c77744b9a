import Foundation
import TestSupport
import Testing

/// The graphs that watch: they learn, stay calm while the machine is healthy, and raise the alarm when it is not.
@Suite struct WatchTests {
  /// The graphs' learning time of a minute is longer than these sounds.
  private static let short = ["judge.learn=8s"]

  @Test func watchHearsTheSimulatorsFault() throws {
    let run = try GraphFile(name: "watch.yaml").run([Machine.failing], overrides: Self.short)
    let records = try run.records("watch.jsonl")
    let scores = records.filter { $0.kind == "score" }
    // 8 s of learning, then five scores a second.
    #expect(try #require(scores.first).endSecond > 8 && scores.first!.endSecond < 9.5)
    #expect(scores.count > 100)
    let healthy = scores.filter { $0.endSecond <= Machine.faultAt }
    #expect(healthy.count > 50 && healthy.allSatisfy { $0.anomalous == false && $0.machine == "machine" })
    let alarms = records.filter { $0.kind == "alarm" }
    #expect(alarms.map(\.state) == ["raised", "open"])
    let raised = try #require(alarms.first)
    #expect(raised.endSecond > Machine.faultAt && raised.endSecond < Machine.faultAt + 5)
    #expect(try #require(raised.score) > #require(raised.threshold))
    #expect(run.statistics?.droppedTokens == 0 && run.statistics?.gaps == 0)
  }

  @Test func watchClipsKeepsTheSoundOfTheAlarm() throws {
    let run = try GraphFile(name: "watch-clips.yaml").run([Machine.failing], overrides: Self.short + ["clip.path=."])
    let raised = try #require(try run.records("watch.jsonl").first { $0.state == "raised" })
    let (name, data) = try #require(run.files.first { $0.key.hasSuffix(".json") })
    let note = try JSONDecoder().decode(GraphRecord.self, from: data)
    #expect(note.kind == "clip" && note.machine == "machine")
    #expect(note.begin == raised.begin - 5 * 48000 && note.end == Machine.failing.count)
    #expect(run.files[name.replacing(".json", with: ".flac")]?.prefix(4) == Data("fLaC".utf8))
  }

  @Test func watchLevelHearsWhatGetsLouder() throws {
    let calm = Machine.healthy(seconds: 20, seed: 2)
    let sound = calm.prefix(15 * 48000) + calm.suffix(5 * 48000).map { $0 * 2 }
    let run = try GraphFile(name: "watch-level.yaml").run([Array(sound)], overrides: Self.short)
    let records = try run.records("watch-level.jsonl")
    let healthy = records.filter { $0.kind == "score" && $0.endSecond <= 15 }
    #expect(healthy.count > 25 && healthy.allSatisfy { $0.anomalous == false })
    let alarms = records.filter { $0.kind == "alarm" }
    #expect(alarms.map(\.state) == ["raised", "open"])
    let raised = try #require(alarms.first)
    #expect(raised.endSecond > 15 && raised.endSecond < 16.5)
  }

  @Test func watchManyNamesTheMachineThatFails() throws {
    let sounds = (2...3).map { Machine.healthy(seconds: 30, seed: $0) }
    let run = try GraphFile(name: "watch-many.yaml").run(
      [sounds[0], sounds[1], Machine.failing, sounds[0]], overrides: Self.short)
    let records = try run.records("watch-many.jsonl")
    for (channel, machine) in ["fan-01", "fan-02", "pump-01", "compressor-01"].enumerated() {
      let scores = records.filter { $0.kind == "score" && $0.channel == channel }
      #expect(scores.count > 100 && scores.allSatisfy { $0.machine == machine })
      if machine == "compressor-01" { #expect(scores.allSatisfy { $0.threshold == 40 }) }
    }
    let alarms = records.filter { $0.kind == "alarm" }
    #expect(alarms.map(\.state) == ["raised", "open"])
    #expect(alarms.allSatisfy { $0.machine == "pump-01" && $0.channel == 2 }, "\(alarms)")
    // At least `on`, 3 s, after the fault's begin.
    #expect(try #require(alarms.first).endSecond > Machine.faultAt + 3)
  }
}
