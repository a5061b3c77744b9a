import FileDriver
import Foundation
import GraphEngine
import TestSupport
import Testing

/// Real recordings are next to the repository, not in it.
@Suite struct RainTests {
  static let recording = BuildFolder.package + "/../shared/data/stream/rain_44100.wav"
  static let events = BuildFolder.package + "/../shared/data/stream/rain_44100_events.csv"

  struct Event {
    var onset: Double
    var offset: Double
    var label: String

    /// Of `file,onset_s,offset_s,label,...`.
    init?(line: some StringProtocol) {
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count > 3, let onset = Double(fields[1]), let offset = Double(fields[2]) else { return nil }
      self.onset = onset
      self.offset = offset
      label = String(fields[3])
    }
  }

  @Test(
    .enabled(if: FileManager.default.fileExists(atPath: recording), "needs ../shared/data/stream/rain_44100.wav"),
    arguments: ["watch", "watch-level"])
  func theWatchFindsTheEventsInTheRainAndNothingElse(name: String) throws {
    let events = try String(contentsOfFile: Self.events, encoding: .utf8).split(whereSeparator: \.isNewline)
      .compactMap(Event.init)
    let files = try GraphFile.inFolder { folder in
      let graph = try GraphFile(name: "\(name).yaml").load(overrides: ["judge.learn=8s"], into: folder)
      _ = try FileRun(Engine(graph: graph)).run(files: [Self.recording])
      return try GraphFile.files(in: folder)
    }
    let records = try GraphFile.Run(files: files, played: [], statistics: nil).records("\(name).jsonl")
    let alarms = records.filter { $0.kind == "alarm" && $0.state == "raised" }
    for event in events {
      let finding = alarms.filter { $0.beginSecond < event.offset && $0.endSecond > event.onset }
      #expect(finding.count == 1, "\(name): \(event.label) at \(event.onset) s")
    }
    #expect(alarms.count == events.count && events.count == 4)
  }
}
