import Foundation
import Glibc
import RunControl
import Synchronization
import TestSupport
import Testing

/// A graph with a control server, as `run` sets it up.
private func startServer(_ scratch: ScratchFolder, name: String = "fan-watch") throws -> ControlServer {
  let server = try ControlServer(name: name, folder: scratch.control)
  server.start([
    "status": { parameters in ["state": "running", "asked": parameters] },
    "apply": { _ in throw ControlError.failed("the graph has 2 errors", data: ["errors": 2]) },
    "crash": { _ in throw CancellationError() },
    "long": { _ in .text(String(repeating: "x", count: 100_000)) },
  ])
  return server
}

/// A client that waits for an answer as long as a busy machine may need.
private func patientClient(_ scratch: ScratchFolder) throws -> ControlClient {
  try ControlClient(name: "fan-watch", folder: scratch.control, timeout: .seconds(120))
}

@Suite struct ControlServerTests {
  @Test func clientCallsAndGetsResults() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try patientClient(scratch)
    #expect(try client.call("status", ["node": "judge"]) == ["state": "running", "asked": ["node": "judge"]])
    let about = try client.call("protocol")
    #expect(about["version"] == "1.1")
    #expect(about["graph"] == "fan-watch")
    #expect(about["pid"]?.integer == Int64(getpid()))
    #expect(about["methods"] == ["apply", "crash", "long", "protocol", "status"])
    server.stop()
  }

  @Test func handlerErrorsReachTheClientWhole() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try patientClient(scratch)
    #expect(throws: ControlError(code: -32000, message: "the graph has 2 errors", data: ["errors": 2])) {
      try client.call("apply")
    }
    #expect(throws: ControlError(code: -32603, message: "CancellationError()")) { try client.call("crash") }
    #expect(
      throws: ControlError(
        code: -32601, message: "there is no method 'aply'; there are apply, crash, long, protocol, status")
    ) { try client.call("aply") }
    #expect(try client.call("status")["state"] == "running", "an error does not end the connection")
    server.stop()
  }

  @Test func theSocketIsForThisUserOnly() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    var status = stat()
    #expect(stat(server.path, &status) == 0 && status.st_mode & 0o777 == 0o600)
    #expect(stat(scratch.control.path, &status) == 0 && status.st_mode & 0o777 == 0o700)
    server.stop()
    #expect(access(server.path, F_OK) != 0, "stopping removes the socket")
  }

  @Test func aFolderThatOthersMayWriteIsRefused() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.control.path, 0o700)
    chmod(scratch.control.path, 0o770)
    #expect(
      throws: ControlProblem(
        "others may use the folder \(scratch.control.path); run `chmod 700 \(scratch.control.path)`")
    ) { try ControlServer(name: "a", folder: scratch.control) }
    let link = ControlFolder(path: scratch.path + "/link")
    symlink(scratch.control.path, link.path)
    #expect(throws: ControlProblem("\(link.path) is not a folder; remove it")) {
      try ControlServer(name: "a", folder: link)
    }
  }

  @Test func aNameIsTakenOnce() throws {
    let scratch = ScratchFolder()
    let first = try startServer(scratch)
    #expect(
      throws: ControlProblem("a graph named 'fan-watch' runs already (pid \(getpid())); give this one another --name")
    ) { try ControlServer(name: "fan-watch", folder: scratch.control) }
    #expect(try patientClient(scratch).call("status")["state"] == "running")
    first.stop()
    let second = try startServer(scratch)
    #expect(try patientClient(scratch).call("status")["state"] == "running")
    second.stop()
  }

  /// A killed process leaves its socket and its lock file behind.
  @Test func whatADeadProcessLeftIsReplaced() throws {
    let scratch = ScratchFolder()
    mkdir(scratch.control.path, 0o700)
    let path = try scratch.control.socket("fan-watch")
    close(try #require(RawSocket.make(path, bind)))
    let lock = path.replacingOccurrences(of: ".sock", with: ".lock")
    #expect(FileManager.default.createFile(atPath: lock, contents: Data("4194000\n".utf8)))
    #expect(access(path, F_OK) == 0)
    #expect(ControlClient.running(folder: scratch.control) == [])
    let server = try startServer(scratch)
    #expect(try patientClient(scratch).call("status")["state"] == "running")
    server.stop()
  }

  @Test func runningGraphsAreListed() throws {
    let scratch = ScratchFolder()
    #expect(ControlClient.running(folder: scratch.control) == [])
    let servers = [try startServer(scratch, name: "b"), try startServer(scratch, name: "a")]
    let running = ControlClient.running(folder: scratch.control)
    #expect(running.map(\.name) == ["a", "b"])
    #expect(running.map(\.pid) == [getpid(), getpid()])
    #expect(throws: ControlProblem("no graph named 'c' runs; these do: 'a', 'b' (looked in \(scratch.control.path))")) {
      try ControlClient(name: "c", folder: scratch.control)
    }
    for server in servers { server.stop() }
    #expect(throws: ControlProblem("no graph named 'c' runs; no graph runs (looked in \(scratch.control.path))")) {
      try ControlClient(name: "c", folder: scratch.control)
    }
  }

  @Test func aClientNoticesThatTheGraphEnds() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try patientClient(scratch)
    server.stop()
    #expect(throws: ControlProblem("the graph 'fan-watch' has ended")) { try client.call("status") }
  }

  @Test func aGraphThatDoesNotAnswerTimesOut() throws {
    let scratch = ScratchFolder()
    let server = try ControlServer(name: "stuck", folder: scratch.control)
    #expect(throws: ControlProblem("the graph 'stuck' does not answer")) {
      try ControlClient(name: "stuck", folder: scratch.control, timeout: .milliseconds(50))
    }
    server.stop()
  }

  @Test func clientsAreServedSideBySide() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let answers = Mutex(0)
    DispatchQueue.concurrentPerform(iterations: 8) { index in
      guard let client = try? patientClient(scratch) else { return }
      for round in 0..<50 {
        let mark: JSONValue = ["client": .integer(Int64(index)), "round": .integer(Int64(round))]
        if (try? client.call("status", mark))?["asked"] == mark { answers.withLock { $0 += 1 } }
      }
    }
    #expect(answers.withLock { $0 } == 400)
    server.stop()
  }
}

@Suite struct SocketNameTests {
  @Test func namesBecomeFileNames() throws {
    let folder = ControlFolder(path: "/run/user/1000/auscult")
    #expect(try folder.socket("fan-watch") == "/run/user/1000/auscult/fan-watch.sock")
    #expect(try folder.socket("../../etc/x").hasPrefix("/run/user/1000/auscult/_.._.._etc_x-"))
    #expect(try folder.socket("a/b") != folder.socket("a_b"))
    #expect(throws: ControlProblem("a graph's name must not be empty; give --name")) { try folder.socket("") }
  }

  @Test(arguments: ["x", "ü", "录"]) func longNamesFitAndStayApart(_ letter: String) throws {
    let folder = ControlFolder(path: "/run/user/1000/auscult")
    let long = String(repeating: letter, count: 500)
    #expect(try folder.socket(long).utf8.count < 108)
    #expect(try folder.socket(long) != folder.socket(long + letter))
  }

  @Test func aFolderWithTooLongAPathIsRefused() {
    let folder = ControlFolder(path: "/" + String(repeating: "x", count: 90))
    #expect(throws: ControlProblem.self) { try folder.socket("a") }
  }

  @Test func theFoldersFollowTheEnvironment() {
    func paths(_ variables: [String: String]) -> [String] {
      ControlFolders.standard { variables[$0] }.folders.map(\.path)
    }
    let standing = ["/run/user/\(geteuid())/auscult", "/run/auscult", "/tmp/auscult-\(geteuid())"]
    #expect(paths([:]) == standing)
    #expect(paths(["XDG_RUNTIME_DIR": "/here"]) == ["/here/auscult"] + standing)
    #expect(paths(["XDG_RUNTIME_DIR": "/run/user/\(geteuid())"]) == standing)
    #expect(paths(["XDG_RUNTIME_DIR": "here"]) == standing, "relative: not valid")
    #expect(paths(["XDG_RUNTIME_DIR": "/here", "AUSCULT_CONTROL_PATH": "/a:/b"]) == ["/a", "/b"])
  }
}
