import Glibc
import SystemCalls

/// A graph that runs in some process of this user.
public struct RunEndpoint: Sendable, Equatable {
  /// The graph's name, or what `--name` gave it.
  public var name: String
  public var pid: Int32?
  public var socket: String
}

/// A command's connection to a running graph. Use it from one thread at a time.
public final class ControlClient {
  private let name: String
  private var socket: UnixSocket
  private var received: [UInt8] = []
  private var nextID: Int64 = 1
  private let timeout: Duration

  /// Connects to the graph with this name in one folder.
  public convenience init(name: String, folder: ControlFolder, timeout: Duration = .seconds(5)) throws {
    try self.init(name: name, folders: ControlFolders([folder]), timeout: timeout)
  }

  /// Connects to the graph with this name, in any of the folders, and checks its protocol version.
  ///
  /// - Parameter timeout: how long to wait for an answer if a call does not set it.
  public init(name: String, folders: ControlFolders = .standard(), timeout: Duration = .seconds(5)) throws {
    self.name = name
    self.timeout = timeout
    socket = try ControlClient.socket(name, folders)
    var version = ""
    // If the graph is busy: it soon disconnects idle clients.
    let deadline = ContinuousClock.now + timeout
    while version.isEmpty {
      do {
        version = try call(ControlProtocol.method)["version"]?.text ?? "?"
      } catch let error as ControlError where error.code == ControlError.busyCode && ContinuousClock.now < deadline {
        Polling.pause(.milliseconds(200))
        socket = try ControlClient.socket(name, folders)
      }
    }
    guard ControlProtocol.major(version) == ControlProtocol.major(ControlProtocol.version) else {
      throw ControlProblem(
        "the graph '\(name)' speaks protocol \(version), this command \(ControlProtocol.version); use the `auscult` "
          + "that the graph was started with")
    }
  }

  /// Sends a request and waits for the answer. Throws the server's `ControlError`, or a `ControlProblem` if none came.
  public func call(_ method: String, _ parameters: JSONValue = [:], timeout: Duration? = nil) throws -> JSONValue {
    let id = nextID
    nextID += 1
    let request: JSONValue = ["jsonrpc": "2.0", "id": .integer(id), "method": .text(method), "params": parameters]
    let line = request.json
    guard line.count <= ControlProtocol.lineLimit else { throw ControlProblem("the request is too long") }
    let deadline = ContinuousClock.now + (timeout ?? self.timeout)
    try send(line + [UInt8(ascii: "\n")], until: deadline)
    while true {
      let response = try parsed(try receive(until: deadline))
      guard response["id"] == .integer(id) || response["id"] == .null else { continue }
      if let error = response["error"].flatMap({ ControlError($0) }) { throw error }
      guard let result = response["result"] else { throw ControlProblem("the graph '\(name)' gave a broken answer") }
      return result
    }
  }

  private static func socket(_ name: String, _ folders: ControlFolders) throws -> UnixSocket {
    if name.isEmpty { _ = try ControlFolder(path: "/").socket(name) }
    var problem: ControlProblem?
    for folder in folders.usable {
      do throws(ControlProblem) {
        if let socket = try UnixSocket.connected(to: try folder.socket(name)) { return socket }
      } catch { problem = problem ?? error }
    }
    throw problem ?? notRunning(name, folders)
  }

  /// The running graphs of this user, by name.
  public static func running(folder: ControlFolder) -> [RunEndpoint] { running(folders: ControlFolders([folder])) }

  /// The running graphs of this user, in any of the folders, each once, by name.
  public static func running(folders: ControlFolders = .standard()) -> [RunEndpoint] {
    var graphs: [RunEndpoint] = []
    for folder in folders.usable {
      for file in folderNames(folder.path) ?? [] where file.hasSuffix(".sock") {
        let path = folder.path + "/" + file
        guard isServed(path) else { continue }
        let holder = NameLock.holder(of: path)
        let name = holder?.name ?? String(file.dropLast(".sock".count))
        if graphs.contains(where: { $0.name == name && $0.pid == holder?.pid }) { continue }
        graphs.append(RunEndpoint(name: name, pid: holder?.pid, socket: path))
      }
    }
    return graphs.sorted { $0.name < $1.name }
  }

  /// Whether a process listens there. One that accepts no client any more still runs.
  private static func isServed(_ path: String) -> Bool {
    do throws(ControlProblem) { return try UnixSocket.connected(to: path) != nil } catch { return error.isLate }
  }

  private static func notRunning(_ name: String, _ folders: ControlFolders) -> ControlProblem {
    let others = running(folders: folders).map { "'\($0.name)'" }
    let rest = others.isEmpty ? "no graph runs" : "these do: \(others.joined(separator: ", "))"
    return ControlProblem("no graph named '\(name)' runs; \(rest) (\(folders.words))")
  }

  private func parsed(_ line: [UInt8]) throws -> JSONValue {
    do {
      return try JSONValue(parsing: line)
    } catch {
      throw ControlProblem("the graph '\(name)' gave a broken answer: \(error)")
    }
  }

  private func send(_ line: [UInt8], until deadline: ContinuousClock.Instant) throws {
    var rest = line[...]
    while !rest.isEmpty {
      switch socket.write(rest) {
      case .bytes(let count): rest = rest.dropFirst(count)
      case .wouldBlock: try wait(POLLOUT, until: deadline)
      case .closed:
        // The server may have sent the reason before it closed the connection: that is the answer.
        if isReadable { return }
        throw ControlProblem("the graph '\(name)' has ended")
      }
    }
  }

  private var isReadable: Bool {
    var wait = pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&wait, 1, 0) > 0 && wait.revents & Int16(POLLIN) != 0
  }

  private func receive(until deadline: ContinuousClock.Instant) throws -> [UInt8] {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(received[..<end])
        received.removeFirst(end + 1)
        return line
      }
      switch socket.read(into: &received) {
      case .bytes: continue
      case .wouldBlock: try wait(POLLIN, until: deadline)
      case .closed: throw ControlProblem("the graph '\(name)' has ended")
      }
    }
  }

  private func wait(_ event: Int32, until deadline: ContinuousClock.Instant) throws {
    let left = deadline - ContinuousClock.now
    let milliseconds = left.components.seconds * 1000 + left.components.attoseconds / 1_000_000_000_000_000
    guard milliseconds > 0 else { throw ControlProblem.late("the graph '\(name)' does not answer") }
    var wait = pollfd(fd: socket.descriptor, events: Int16(event), revents: 0)
    poll(&wait, 1, Int32(min(milliseconds, 3_600_000)))
  }
}
