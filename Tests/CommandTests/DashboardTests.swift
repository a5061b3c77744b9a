import Foundation
import Glibc
import TestSupport
import Testing

/// docs/grafana.json over the metrics of a real run, which listens to another one and has every kind of output. Its
/// broker is away.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct DashboardTests {
  private static let fan = """
    graph: fan
    nodes:
      fan: { type: source.synth, machine: fan }
      speaker: { type: sink.audio }
    links:
      - fan -> speaker

    """

  private static let graph = """
    graph: plant
    nodes:
      mic: { type: source, machines: [fan] }
      stft: { type: stft, length: 1024, hop: 512 }
      mel: { type: mel, bands: 32 }
      level: { type: normalize, mode: decibel }
      slices: { type: slicer, length: 0.1 s, hop: 50 % }
      judge: { type: detector.level, learn: 0.5 s, threshold: 1000 }
      alarm: { type: alarm, on: 0.2 s, off: 2 s }
      past: { type: sink.sqlite, path: past.sqlite }
      clips: { type: sink.clip, path: clips, before: 0.1 s, after: 0.1 s }
      out: { type: sink.mqtt, broker: "mqtt://127.0.0.1:1", queue: outbox }
    links:
      - mic -> stft -> mel -> level -> slices -> judge -> alarm -> out
      - judge -> past
      - alarm -> past
      - mic -> clips.audio
      - alarm -> clips.event

    """

  @Test func everyPanelHasItsMetrics() throws {
    let folder = ScratchFolder()
    try folder.write("plant.yaml", Self.graph)
    try folder.write("fan.yaml", Self.fan)
    let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
    let fan = try LiveCommand(
      Command(folder),
      arguments: ["run", "fan.yaml", "--start-server", "--server", "\(name)-server", "--name", "\(name)-fan"])
    try fan.wait(for: "auscult: latency ")
    let run = try LiveCommand(
      Command(folder),
      arguments: [
        "run", "plant.yaml", "--server", "\(name)-server", "--name", name, "--set", "mic.connect=\(name)-fan:speaker",
      ])
    try run.wait(for: "auscult: latency ")
    let server = try PageServer(Command(folder))
    defer { server.live.signal(SIGTERM) }
    let checked = try CompiledPlugin.run(
      "python3",
      [
        BuildFolder.package + "/Tests/Fixtures/serve/dashboard.py", server.url,
        BuildFolder.package + "/docs/grafana.json",
      ])
    #expect(checked.contains(" panels, "), "\(checked)")
    run.signal(SIGTERM)
    #expect(try run.end().status == 0)
    fan.signal(SIGTERM)
    #expect(try fan.end().status == 0)
  }
}
