import Foundation
import Glibc
import SystemCalls
import Testing

/// A private mosquitto on loopback. It keeps its port, its sessions and its messages when it is killed and started again.
public final class Broker {
  public static let isInstalled =
    FileManager.default.isExecutableFile(atPath: "/usr/sbin/mosquitto")
    && FileManager.default.isExecutableFile(atPath: "/usr/bin/mosquitto_sub")

  public let scratch = ScratchFolder()
  public let port: Int
  private var process: Process?

  /// - Parameter settings: further lines of its configuration; `DIR` is its folder.
  public init(_ settings: [String] = ["allow_anonymous true"], isStarted: Bool = true) throws {
    port = try Self.freePort()
    let lines =
      [
        "listener \(port) 127.0.0.1", "persistence true", "persistence_location \(scratch.path)/",
        "autosave_on_changes true", "autosave_interval 1", "user \(NSUserName())", "max_queued_messages 0",
        // What it acknowledges is on its way to each subscriber, so that `stop` loses nothing.
        "max_inflight_messages 0",
      ] + settings.map { $0.replacing("DIR", with: scratch.path) }
    try lines.joined(separator: "\n").write(toFile: scratch.file("conf"), atomically: true, encoding: .utf8)
    if isStarted { try start() }
  }

  deinit { stop() }

  public func start() throws {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/sbin/mosquitto")
    process.arguments = ["-c", scratch.file("conf")]
    let log = scratch.file("log")
    _ = FileManager.default.createFile(atPath: log, contents: nil)
    process.standardOutput = FileHandle(forWritingAtPath: log)
    process.standardError = FileHandle(forWritingAtPath: log)
    try process.run()
    process.closeFiles()
    self.process = process
    try waitUntil { Self.answers(port) }
  }

  /// As `kill -9` does.
  public func stop() {
    guard let process, process.isRunning else { return }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// It keeps its connections, but answers nothing until `thaw`.
  public func freeze() { if let process { kill(process.processIdentifier, SIGSTOP) } }

  public func thaw() { if let process { kill(process.processIdentifier, SIGCONT) } }

  private static func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: 0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    try withUnsafeMutablePointer(to: &address) { pointer in
      try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        try #require(bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0)
      }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  private static func answers(_ port: Int) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = loopback(port: port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  private static func loopback(port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }
}

/// A mosquitto_sub with a session that outlives the broker. It has subscribed when `init` returns.
public final class Subscriber {
  public struct Message: Equatable, Sendable {
    public var topic: String
    public var payload: String
    public var isRetained: Bool
  }

  private let broker: Broker
  private let process = Process()
  private let output: String

  public init(_ broker: Broker, topic: String = "#", options: [String] = []) throws {
    self.broker = broker
    let name = "sub-\(UInt32.random(in: 0...UInt32.max))"
    output = broker.scratch.file(name)
    _ = FileManager.default.createFile(atPath: output, contents: nil)
    // It flushes only after messages, so without stdbuf nothing says that it has subscribed.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/stdbuf")
    // The begin of a line says what a line is: `-d` prints others.
    process.arguments =
      [
        "-oL", "/usr/bin/mosquitto_sub", "-h", "localhost", "-p", String(broker.port), "-i", name, "-c", "-q", "1",
        "-d", "-t", topic, "-F",
        "M %r %t %p",
      ] + options
    process.standardOutput = FileHandle(forWritingAtPath: output)
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.closeFiles()
    try waitUntil { try String(contentsOfFile: output, encoding: .utf8).contains("Subscribed (mid") }
  }

  deinit {
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
  }

  /// What has come so far, in order.
  public func messages() throws -> [Message] {
    try String(contentsOfFile: output, encoding: .utf8).split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ", maxSplits: 3)
      guard parts.count == 4, parts[0] == "M" else { return nil }
      return Message(topic: String(parts[2]), payload: String(parts[3]), isRetained: parts[1] == "1")
    }
  }

  /// The payloads of topics that end so; each once.
  public func payloads(_ end: String) throws -> [String] {
    var seen: Set<String> = []
    return try messages().filter { $0.topic.hasSuffix(end) }.map(\.payload).filter { seen.insert($0).inserted }
  }
}
