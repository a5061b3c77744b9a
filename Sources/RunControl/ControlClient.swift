import Glibc

/// A graph that runs in some process of this user.
public struct RunningGraph: Sendable, Equatable {
  /// Name of the socket without its ending: the graph's name, but for characters that a file name cannot have.
  public var name: String
  public var pid: Int32?
  public var socket: String
}

/// A command's connection to a running graph. Use it from one thread at a time.
public final class ControlClient {
  private let name: String
  private let socket: UnixSocket
  private var received: [UInt8] = []
  private var nextID: Int64 = 1
  private let timeout: Duration

  /// Connects to the graph of a name and checks that it speaks this protocol's version.
  ///
  /// - Parameter timeout: how long to wait for an answer where a call does not say it.
  public init(name: String, folder: ControlFolder = .standard(), timeout: Duration = .seconds(5)) throws {
    self.name = name
    self.timeout = timeout
    guard access(folder.path, F_OK) == 0 else { throw ControlClient.notRunning(name, folder) }
    try folder.check()
    guard let socket = try UnixSocket.connected(to: try folder.socket(name)) else {
      throw ControlClient.notRunning(name, folder)
    }
    self.socket = socket
    let version = try call(ControlProtocol.method)["version"]?.text ?? "?"
    guard ControlProtocol.major(version) == ControlProtocol.major(ControlProtocol.version) else {
      throw ControlProblem(
        "the graph '\(name)' speaks protocol \(version), this command \(ControlProtocol.version); use the `auscult` "
          + "that the graph was started with")
    }
  }

  /// Asks, and waits for the answer. Throws the server's `ControlError`, or a `ControlProblem` when none came.
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

  /// The graphs of this user that run, by name.
  public static func running(folder: ControlFolder = .standard()) throws(ControlProblem) -> [RunningGraph] {
    guard access(folder.path, F_OK) == 0 else { return [] }
    try folder.check()
    var graphs: [RunningGraph] = []
    for file in files(in: folder.path) where file.hasSuffix(".sock") {
      let path = folder.path + "/" + file
      guard (try? UnixSocket.connected(to: path)) ?? nil != nil else { continue }
      graphs.append(
        RunningGraph(name: String(file.dropLast(".sock".count)), pid: NameLock.holder(of: path), socket: path))
    }
    return graphs.sorted { $0.name < $1.name }
  }

  private static func files(in folder: String) -> [String] {
    guard let stream = opendir(folder) else { return [] }
    defer { closedir(stream) }
    var names: [String] = []
    while let entry = readdir(stream) {
      names.append(
        withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        })
    }
    return names
  }

  private static func notRunning(_ name: String, _ folder: ControlFolder) -> ControlProblem {
    let others = ((try? running(folder: folder)) ?? []).map { "'\($0.name)'" }
    let rest = others.isEmpty ? "no graph runs" : "these do: \(others.joined(separator: ", "))"
    return ControlProblem("no graph named '\(name)' runs; \(rest)")
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
      case .closed: throw ControlProblem("the graph '\(name)' has ended")
      }
    }
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
    guard milliseconds > 0 else { throw ControlProblem("the graph '\(name)' does not answer") }
    var wait = pollfd(fd: socket.descriptor, events: Int16(event), revents: 0)
    poll(&wait, 1, Int32(min(milliseconds, 3_600_000)))
  }
}
