import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// `auscult adapt --live` next to a watch: the gain was changed, and the watch scores everything as anomalous; the
/// adapted model judges in its shadow and takes over.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct LiveAdaptTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
  private var machine: String { name + "-fan" }

  init() throws {
    try folder.write(
      "fan.yaml",
      """
      graph: fan
      nodes:
        fan: { type: source.synth, machine: fan, seed: 1 }
        speaker: { type: sink.audio }
        file: { type: sink.wav, path: normal.wav, append: false }
      links:
        - fan -> speaker
        - fan -> file
      """)
    try folder.write(
      "live.yaml",
      """
      graph: \(name)-live
      nodes:
        mic: { type: source, machines: [fan], connect: "\(machine):speaker" }
        stft: { type: stft, length: 1024, hop: 512, center: false }
        mel: { type: mel, bands: 16 }
        level: { type: normalize, mode: decibel }
        slices: { type: slicer, length: 0.25 s, hop: 100 % }
        values: { type: statistics, of: mean }
        judge: { type: detector.kmeans, clusters: 1, model: model.safetensors }
        log: { type: sink.jsonl, path: live.jsonl }
      links:
        - mic -> stft -> mel -> level -> slices -> values -> judge -> log
      """)
  }

  @Test func besideTheWatchAndThenInItsPlace() throws {
    let made = try auscult("run", "fan.yaml", "--offline", "--duration", "60s", "--rate", "16000", "--quiet")
    try #require(made.status == 0, "\(made.err)")
    try FileManager.default.createDirectory(atPath: folder.path + "/normal", withIntermediateDirectories: true)
    try FileManager.default.moveItem(atPath: folder.path + "/normal.wav", toPath: folder.path + "/normal/a.wav")
    let train = try auscult("train", "live.yaml", "--normal", "normal", "--output", "model.safetensors", "--quiet")
    try #require(train.status == 0, "\(train.err)")

    let simulator = try LiveCommand(
      auscult,
      arguments: [
        "run", "fan.yaml", "--start-server", "--server", name, "--name", machine, "--rate", "16000", "--period", "256",
        "--set", "fan.level=-38 dB",
      ])
    try simulator.wait(for: "auscult: latency ")
    let watch = try LiveCommand(auscult, arguments: ["run", "live.yaml", "--server", name])
    try watch.wait(for: "auscult: latency ")
    let adapt = try auscult(
      "adapt", "live.yaml", "--live", "--server", name, "--duration", "8s", "--output", "here.safetensors")
    #expect(adapt.status == 0, "\(adapt.err)")
    #expect(adapt.out.contains("100.0 % -> "), "\(adapt.out)")
    #expect(adapt.out.contains("the candidate runs in the shadow of judge"), "\(adapt.out)")
    let info = try auscult("info", "here.safetensors").out
    #expect(info.contains("adapted once, on ") && info.contains(", live: offsets -1"), "\(info)")
    #expect(try auscult("promote", "--graph", "\(name)-live").status == 0)
    // The watch's detector now scores this as normal.
    let taken = try JSONValue(parsing: Array(try auscult("status", "\(name)-live", "--json").out.utf8))["position"]
    let position = try #require(taken?.integer)
    var late: [JSONValue] = []
    try waitUntil {
      late = try folder.writtenRecords("live.jsonl").filter {
        $0["kind"] == "score" && $0["begin"]?.integer ?? 0 > position
      }
      return late.count >= 12
    }
    #expect(late.count { $0["anomalous"] == false } > late.count / 2)
    #expect(try auscult("stop", "\(name)-live").status == 0)
    #expect(try watch.end().status == 0)
    #expect(try auscult("stop", machine).status == 0)
    #expect(try simulator.end().status == 0)
  }
}
