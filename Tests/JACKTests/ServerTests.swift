import Foundation
import JACKDriver
import TestSupport
import Testing

extension JACKTests {
  /// Private servers, and clients that find theirs or not.
  @Suite struct ServerTests {
    @Test func aPrivateServerAnswersAndEnds() throws {
      let server = try PrivateServer(options: .init(rate: 44100, period: 128))
      #expect(try Tool.run("jack_samplerate", [], server: server.name).lines.contains("44100"))
      #expect(try Tool.run("jack_bufsize", [], server: server.name).lines.contains("128"))
      let process = try #require(server.processIdentifier)
      server.stop()
      server.stop()
      #expect(!server.isRunning)
      #expect(kill(process, 0) != 0)
    }

    @Test func aServerThatCannotStartSaysWhy() {
      #expect {
        try PrivateServer(options: .init(rate: -5))
      } throws: {
        guard case .privateServerFailed(let reason, let output) = $0 as? JACKError else { return false }
        return reason == "ended at once" && !output.isEmpty
      }
    }

    @Test func aNameThatAServerHasIsRefused() throws {
      try withServer { server in
        #expect {
          try PrivateServer(name: server.name)
        } throws: {
          "\($0)" == "the private JACK server did not start: one named '\(server.name)' is running"
        }
        #expect(server.isRunning)
      }
    }

    @Test func aKilledServerIsNoticed() throws {
      let server = try PrivateServer()
      kill(try #require(server.processIdentifier), SIGKILL)
      server.stop()
      #expect(!server.isRunning)
    }

    /// Also when the process that started it is killed: the test starts such a process, which kills itself.
    @Test(arguments: 0..<5)
    func aServerNeverOutlivesItsOwner(_ round: Int) async throws {
      let result = try await #require(processExitsWith: .signal(SIGKILL), observing: [\.standardOutputContent]) {
        let server = try PrivateServer()
        print("jackd is \(server.processIdentifier ?? 0) \(server.name)")
        fflush(nil)
        kill(getpid(), SIGKILL)
      }
      let text = String(decoding: result.standardOutputContent, as: UTF8.self)
      let process = try #require(
        text.split(separator: "\n").compactMap { $0.wholeMatch(of: /jackd is (\d+) (.+)/) }.first)
      let number = try #require(Int32(process.1))
      // It ends right after its owner, but not in the same instant. A zombie that is not reaped has ended, too.
      try waitUntil { !isAlive(number) }
      // It ended normally; otherwise it would keep a place in JACK's registry, which has eight.
      let left = try FileManager.default.contentsOfDirectory(atPath: "/dev/shm").filter { $0.contains(process.2) }
      #expect(left.filter { !$0.hasSuffix("_auscult-ready") } == [])
    }

    /// Eight killed servers fill JACK's registry, which the whole machine shares: the next server frees their places.
    @Test func aRegistryFullOfKilledServersIsFreed() throws {
      for _ in 0..<8 where ServerRegistry.servers().count + ServerRegistry.deadServers().count < 8 {
        try killedServer(named: PrivateServer.uniqueName())
      }
      #expect(ServerRegistry.servers().count + ServerRegistry.deadServers().count == 8)
      let server = try PrivateServer()
      defer { server.stop() }
      #expect(server.isRunning)
      #expect(!ServerRegistry.deadServers().contains { $0.user == getuid() && $0.name.hasPrefix("auscult-") })
    }

    /// The registry is open to everybody: only names of ours become paths of files to remove.
    @Test(arguments: [
      "default", "auscult-", "auscult-*", "auscult-1-*", "auscult-1-a/../../b", "auscult-1-a_0", "auscult-1-a\n",
      "auscult-x-a", "auscult-12345678901-a", "auscult-1-abcdefgh", "Auscult-1-a",
    ])
    func aForeignNameIsNotFreed(name: String) {
      #expect(!PrivateServer.isUniqueName(name))
      #expect(PrivateServer.isUniqueName(PrivateServer.uniqueName()))
    }

    /// Returns when the server has a place in the registry and has been killed.
    private func killedServer(named name: String) throws {
      let server = Process()
      server.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      server.arguments = ["jackd", "-n", name, "-r", "-d", "dummy"]
      server.standardOutput = FileHandle.nullDevice
      server.standardError = FileHandle.nullDevice
      try server.run()
      defer { if server.isRunning { kill(server.processIdentifier, SIGKILL) } }
      try waitUntil { ServerRegistry.servers().contains { $0.name == name } }
      kill(server.processIdentifier, SIGKILL)
      server.waitUntilExit()
      #expect(ServerRegistry.deadServers().contains { $0.name == name })
    }

    /// With the remains of a killed program, every client would crash.
    @Test func aDamagedDatabaseIsToldOf() throws {
      #expect(PropertyDatabase.isUsed, "this libjack is not jackd2's")
      let folder = FileManager.default.temporaryDirectory.path + "/\(PrivateServer.uniqueName())"
      let file = folder + "/__db.002"
      try PropertyDatabase.check(folder)
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(atPath: folder) }
      try Data().write(to: URL(fileURLWithPath: file))
      #expect {
        try PropertyDatabase.check(folder)
      } throws: {
        let error = $0 as? JACKError
        return error == .damagedProperties(folder: folder) && error?.suggestion?.contains("remove \(folder)") == true
      }
      // A database that is just being created is waited for.
      Thread.detachNewThread {
        usleep(200_000)
        try? Data(count: 4096).write(to: URL(fileURLWithPath: file))
      }
      try PropertyDatabase.check(folder)
    }

    @Test func withoutAServerThereIsAClearMessage() {
      let name = PrivateServer.uniqueName()
      #expect {
        try JACKDriver(.init(name: "watch", server: name))
      } throws: {
        let error = $0 as? JACKError
        guard case .noServer(name, let others) = error else { return false }
        return "\($0)".hasPrefix("no JACK server named '\(name)' is running")
          && error?.suggestion?.contains(others == nil ? "--start-server" : "--server") == true
      }
    }

    @Test func serversThatRunInsteadAreNamed() throws {
      try withServer { server in
        #expect {
          try JACKDriver(.init(name: "watch", server: server.name + "-not"))
        } throws: {
          "\($0)".contains("named '\(server.name)-not' is running; there is ") && "\($0)".contains("'\(server.name)'")
        }
      }
    }

    /// As jackd2 writes it: a server of another user, a dead one, and an empty name.
    @Test func theRegistryTellsWhoseAServerIs() throws {
      let file = FileManager.default.temporaryDirectory.path + "/\(PrivateServer.uniqueName())"
      defer { try? FileManager.default.removeItem(atPath: file) }
      var bytes = [UInt8](repeating: 0, count: 70_744)
      func put(_ place: Int, _ number: UInt32) {
        for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: number >> (8 * UInt32(byte))) }
      }
      func put(_ index: Int, process: Int32, _ name: String) {
        put(24 + index * 264, UInt32(bitPattern: process))
        for (offset, byte) in name.utf8.enumerated() { bytes[28 + index * 264 + offset] = byte }
      }
      put(0, 0x4a41_434b)
      put(0, process: 1, "/jack-4242:studio:")
      put(1, process: Int32.max, "/jack-4242:dead:")
      put(3, process: getpid(), "/jack-0:my: odd name:")
      put(4, process: getpid(), "what is this")
      try Data(bytes).write(to: URL(fileURLWithPath: file))
      #expect(
        ServerRegistry.servers(file) == [
          ServerRegistry.Server(name: "studio", user: 4242), ServerRegistry.Server(name: "my: odd name", user: 0),
        ])
      try Data([1, 2, 3]).write(to: URL(fileURLWithPath: file))
      #expect(ServerRegistry.servers(file) == [] && ServerRegistry.servers(file + "-none") == [])
    }

    @Test func aNameThatIsTakenIsRefused() throws {
      try withServer { server in
        let first = try JACKDriver(.init(name: "watch", server: server.name))
        #expect {
          try JACKDriver(.init(name: "watch", server: server.name))
        } throws: {
          "\($0)" == "JACK has a client named 'watch' already"
        }
        first.close()
        try JACKDriver(.init(name: "watch", server: server.name)).close()
      }
    }

    @Test(arguments: [
      ("", "'' cannot be a JACK client's name: it is empty"),
      ("a:b", "'a:b' cannot be a JACK client's name: it has a colon or a slash"),
      (String(repeating: "x", count: 200), nil),
    ])
    func aNameThatJACKCannotTakeIsRefused(_ name: String, _ message: String?) {
      #expect {
        try JACKClient(name: name, server: "none")
      } throws: {
        guard case .badName = $0 as? JACKError else { return false }
        return message == nil || "\($0)" == message
      }
    }

    @Test func aSecondServerInOneProcessIsRefused() throws {
      try withServer { server in
        let client = try JACKClient(name: "first", server: server.name)
        defer { client.close() }
        #expect(throws: JACKError.otherServer(present: server.name, asked: "other")) {
          try JACKClient(name: "second", server: "other")
        }
      }
    }

    private func isAlive(_ process: Int32) -> Bool {
      guard let state = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return false }
      return !state.contains(") Z ")
    }
  }
}
