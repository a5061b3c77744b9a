import Foundation
import Glibc
import RunControl
import TestSupport
import Testing

/// Several folders: a run and a command that were started with different environments.
@Suite struct FolderTests {
  private let scratch = ScratchFolder()
  private func folder(_ name: String) -> ControlFolder { ControlFolder(path: scratch.path + "/" + name) }
  /// The folders that a process searches if its own folder is `name`; `all` is shared by all.
  private func folders(_ name: String) -> ControlFolders { ControlFolders([folder(name), folder("all")]) }

  private func start(_ name: String, _ folders: ControlFolders) throws -> ControlServer {
    let server = try ControlServer(name: name, folders: folders)
    server.start([:])
    return server
  }

  @Test func aRunIsFoundFromAnotherEnvironment() throws {
    let server = try start("fan", folders("a"))
    #expect(server.paths == [scratch.path + "/a/fan.sock", scratch.path + "/all/fan.sock"])
    #expect(try ControlClient(name: "fan", folders: folders("b")).call("protocol")["graph"] == "fan")
    #expect(ControlClient.running(folders: folders("b")).map(\.name) == ["fan"])
    #expect(ControlClient.running(folders: folders("a")).map(\.name) == ["fan"], "once, though it is in both")
    server.stop()
    #expect(server.paths.allSatisfy { access($0, F_OK) != 0 })
    #expect(ControlClient.running(folders: folders("a")).isEmpty)
  }

  @Test func aNameIsTakenForAllEnvironments() throws {
    let server = try start("fan", folders("a"))
    #expect(
      throws: ControlProblem("a graph named 'fan' runs already (pid \(getpid())); give this one another --name")
    ) { try ControlServer(name: "fan", folders: folders("b")) }
    #expect(access(scratch.path + "/b/fan.sock", F_OK) != 0, "who is refused leaves no socket")
    #expect(access(scratch.path + "/b/fan.lock", F_OK) != 0)
    server.stop()
    try start("fan", folders("b")).stop()
  }

  @Test func aFolderThatIsNotOursIsNeitherUsedNorInTheWay() throws {
    mkdir(scratch.path + "/elsewhere", 0o700)
    symlink(scratch.path + "/elsewhere", scratch.path + "/all")
    mkdir(scratch.path + "/b", 0o777)
    chmod(scratch.path + "/b", 0o777)
    let server = try start("fan", folders("a"))
    #expect(server.paths == [scratch.path + "/a/fan.sock"])
    let problem = #expect(throws: ControlProblem.self) { try ControlClient(name: "fan", folders: folders("b")) }
    #expect(
      problem?.text == "no graph named 'fan' runs; no graph runs (others may use the folder \(scratch.path)/b; run "
        + "`chmod 700 \(scratch.path)/b`; \(scratch.path)/all is not a folder; remove it)")
    server.stop()
    #expect(throws: ControlProblem.self, "none can be used") { try ControlServer(name: "fan", folders: folders("b")) }
  }

  @Test func aLongNameIsListedWhole() throws {
    let name = String(repeating: "long ", count: 40) + "名"
    let server = try start(name, folders("a"))
    #expect(ControlClient.running(folders: folders("a")).map(\.name) == [name])
    server.stop()
  }

  @Test func whatWasSearchedIsNamed() {
    #expect(ControlFolders([]).words == "")
    #expect(ControlFolders([folder("a")]).words == "looked in \(scratch.path)/a")
    #expect(ControlFolders(["a", "b", "c"].map(folder)).words.hasSuffix("/a, \(scratch.path)/b and \(scratch.path)/c"))
  }
}

/// Clients that connect and send nothing.
@Suite struct IdleClientTests {
  @Test func idleClientsKeepNobodyAway() throws {
    let scratch = ScratchFolder()
    let server = try ControlServer(name: "g", folder: scratch.control)
    server.start([:])
    let idle = try (0..<100).map { _ in try RawClient(server.path) }
    // A new client may be about to send a request: wait for room, and report the cause meanwhile.
    let deadline = ContinuousClock.now + .seconds(60)
    var refusals: [String] = []
    while true {
      do {
        #expect(try ControlClient(name: "g", folder: scratch.control).call("protocol")["graph"] == "g")
        break
      } catch {
        refusals.append("\(error)")
        try #require(ContinuousClock.now < deadline, "\(error)")
        usleep(20_000)
      }
    }
    #expect(refusals.allSatisfy { $0 == "the graph runs, and is busy with 32 other clients; try again" })
    #expect(idle[0].line()?.contains("closed the connection to make room for other clients") == true, "the oldest goes")
    server.stop()
  }

  /// A client that keeps sending requests is not disconnected for new ones.
  @Test func aClientThatAsksStays() throws {
    let scratch = ScratchFolder()
    let server = try ControlServer(name: "g", folder: scratch.control)
    server.start([:])
    let client = try ControlClient(name: "g", folder: scratch.control, timeout: .seconds(120))
    var others: [RawClient] = []
    for _ in 0..<100 {
      others.append(try RawClient(server.path))
      #expect(try client.call("protocol")["graph"] == "g")
    }
    server.stop()
  }
}
