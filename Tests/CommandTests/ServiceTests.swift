import Foundation
import Glibc
import TestSupport
import Testing

/// A run as a service: what systemd and its journal are told.
@Suite(
  .serialized, .oneServerAtATime,
  .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/jackd"), "jackd is not installed"))
struct ServiceTests {
  private let folder = ScratchFolder()
  private let name = "test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"

  init() throws { try folder.write("plain.yaml", plainGraph) }

  private func auscult(_ variables: [String: String] = [:]) -> Command {
    var command = Command(folder)
    command.environment = variables
    return command
  }

  /// Signs of life come while cycles run, and cease when the driver hangs.
  @Test func aDeafDriverGivesNoSignOfLife() throws {
    let socket = try NotifySocket(folder.file("notify"))
    let command = auscult(["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "900000"])
    let live = try LiveCommand(
      command, arguments: ["run", "plain.yaml", "--start-server", "--server", name + "-server", "--name", name])
    try waitUntil { socket.count("READY=1") == 1 }
    #expect(socket.lines.contains { $0.hasPrefix("STATUS=") && $0.contains("JACK server '\(name)-server'") })
    for _ in 0..<3 { try socket.waitForAnother("WATCHDOG=1") }

    let jackd = try #require(jackdOf(live.process.processIdentifier))
    kill(jackd, SIGSTOP)
    defer { kill(jackd, SIGCONT) }
    // One sign may be on its way. After it, the limit passes twice.
    usleep(400_000)
    let last = socket.count("WATCHDOG=1")
    usleep(1_800_000)
    #expect(socket.count("WATCHDOG=1") == last)
    kill(jackd, SIGCONT)
    try socket.waitForAnother("WATCHDOG=1")

    #expect(socket.count("STOPPING=1") == 0)
    live.signal(SIGTERM)
    #expect(try live.end().status == 0)
    #expect(socket.count("STOPPING=1") == 1 && socket.count("READY=1") == 1)
  }

  /// The watchdog is another process's.
  @Test func onlyTheNamedProcessGivesSigns() throws {
    let socket = try NotifySocket(folder.file("notify"))
    let command = auscult(["NOTIFY_SOCKET": socket.path, "WATCHDOG_USEC": "300000", "WATCHDOG_PID": "1"])
    let live = try LiveCommand(
      command, arguments: ["run", "plain.yaml", "--start-server", "--name", name, "--duration", "1s"])
    #expect(try live.end().status == 0)
    #expect(socket.count("READY=1") == 1 && socket.count("WATCHDOG=1") <= 1)
  }

  @Test func whoWaitsForAServerIsNotReady() throws {
    let socket = try NotifySocket(folder.file("notify"))
    let live = try LiveCommand(
      auscult(["NOTIFY_SOCKET": socket.path]),
      arguments: ["run", "plain.yaml", "--server", name + "-server", "--name", name, "--reconnect"])
    try waitUntil {
      socket.receive()
      return socket.lines.contains { $0.hasPrefix("STATUS=no JACK server named '\(name)-server' is running") }
    }
    #expect(socket.count("READY=1") == 0)
    live.signal(SIGTERM)
    #expect(try live.end().status == 0)
  }

  /// Where the journal reads standard error, each line begins with its level.
  @Test(arguments: [true, false]) func journalHasLevels(isJournal: Bool) throws {
    let path = folder.file("journal")
    _ = FileManager.default.createFile(atPath: path, contents: nil)
    var status = stat()
    try #require(stat(path, &status) == 0)
    let inode = isJournal ? status.st_ino : status.st_ino + 1
    let process = try auscult(["JOURNAL_STREAM": "\(status.st_dev):\(inode)"]).prepared(["run", "missing.yaml"])
    process.standardError = FileHandle(forWritingAtPath: path)
    try process.runWithin(seconds: 60)
    let lines = try folder.text("journal").split(separator: "\n")
    #expect(!lines.isEmpty && lines.allSatisfy { $0.hasPrefix("<3>") == isJournal }, "\(lines)")
  }

  /// Where systemd is installed, it accepts the units.
  @Test(
    .enabled(
      if: FileManager.default.isExecutableFile(atPath: "/usr/bin/systemd-analyze"), "systemd-analyze is not installed"),
    arguments: [
      ("auscult@", ["Type=notify", "WatchdogSec=", "LimitRTPRIO="]),
      ("auscult-serve", ["--token-file /var/lib/auscult/", "CapabilityBoundingSet=\n", "IPAddressDeny=any"]),
    ])
  func theUnitIsValid(_ name: String, _ settings: [String]) throws {
    let unit = try String(
      contentsOfFile: BuildFolder.package + "/packaging/systemd/\(name).service", encoding: .utf8)
    #expect(settings.allSatisfy { unit.contains($0) })
    // The program and the user need not be there.
    try folder.write(
      "\(name).service",
      unit.replacing("/usr/local/bin/auscult", with: "/bin/true").replacing("User=auscult", with: "User=root")
        .replacing("Group=auscult", with: "Group=root"))
    let instance = name.hasSuffix("@") ? "\(name)watch.service" : "\(name).service"
    try folder.write(instance, folder.text("\(name).service"))
    let output = try CompiledPlugin.run("systemd-analyze", ["verify", "--man=no", folder.file(instance)])
    #expect(!output.contains(name), "\(output)")
  }
}
