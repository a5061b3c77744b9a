import Foundation
import RunControl
import TestSupport
import Testing

/// `auscult ports`, next to a run that has ports.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct PortsTests {
  private let folder = ScratchFolder()
  private var auscult: Command { Command(folder) }
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  /// Shows the level of its output and its connections; works with a terminal and with a pipe.
  @Test func portsAreListedWithTheirLevels() throws {
    try folder.write(
      "play.yaml",
      """
      graph: play
      nodes:
        fan: { type: source.synth, machine: fan }
        out: { type: sink.audio, connect: "system:playback_1" }
      links: fan -> out
      """)
    let live = try LiveCommand(
      auscult, arguments: ["run", "play.yaml", "--start-server", "--server", name, "--name", name + "-run"])
    try live.wait(for: "auscult: connected ")

    let list = try auscult("ports", "--server", name, "--json")
    let ports = try JSONValue(parsing: Array(list.out.utf8))["ports"]?.array ?? []
    let ours = try #require(ports.first { $0["name"]?.text == "\(name)-run:out" })
    #expect(ours["direction"] == "output" && ours["connections"] == ["system:playback_1"])
    #expect(ours["silent"] == false && ours["finite"] == true)
    let (peak, level) = (try #require(ours["peak_db"]?.number), try #require(ours["level_db"]?.number))
    #expect(level > -80 && level <= peak && peak <= 0)
    let capture = try #require(ports.first { $0["name"] == "system:capture_1" })
    #expect(capture["silent"] == true && capture["peak_db"] == nil && capture["aliases"]?.array?.isEmpty == false)
    #expect(ports.contains { $0["name"] == "system:playback_2" && $0["direction"] == "input" && $0["silent"] == nil })

    let text = try auscult("ports", "--server", name).out.split(separator: "\n")
    #expect(text.first?.hasPrefix("port ") == true && text.count == ports.count + 1)
    #expect(text.contains { $0.hasPrefix("\(name)-run:out") && $0.contains("system:playback_1") })
    #expect(text.contains { $0.hasPrefix("system:capture_1 ") && $0.contains("silent") })

    let looks = try firstLines(9, "ports", "--meter", "--server", name)
    #expect(looks.filter { $0.hasPrefix("\(name)-run:out\t-") }.count >= 2, "\(looks)")
    #expect(try auscult("stop", name + "-run").status == 0 && live.end().status == 0)
  }

  @Test func withoutAServerItSaysSo() throws {
    let outcome = try auscult("ports", "--server", name)
    #expect(outcome.status == 1 && outcome.err.hasPrefix("auscult: error: no JACK server named '\(name)' is running"))
  }

  /// libjack would write beyond its own memory.
  @Test(arguments: [256, 4000]) func aServersNameThatIsTooLongIsRefused(length: Int) throws {
    let outcome = try auscult("ports", "--server", String(repeating: "a", count: length))
    #expect(outcome.status == 1, "\(outcome.err)")
    #expect(
      outcome.err.hasPrefix("auscult: error: the JACK server's name is longer than 255 bytes\n"), "\(outcome.err)")
  }

  /// For a command that continues: it is then ended.
  private func firstLines(_ count: Int, _ arguments: String...) throws -> [Substring] {
    let process = try auscult.prepared(arguments)
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let watchdog = DispatchWorkItem { kill(process.processIdentifier, SIGKILL) }
    DispatchQueue.global().asyncAfter(deadline: .now() + 60, execute: watchdog)
    defer {
      watchdog.cancel()
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
    var text = ""
    while text.count(where: { $0 == "\n" }) < count {
      let data = pipe.fileHandleForReading.availableData
      if data.isEmpty { break }
      text += String(decoding: data, as: UTF8.self)
    }
    return text.split(separator: "\n")
  }
}
