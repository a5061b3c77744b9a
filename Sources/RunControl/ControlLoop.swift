import Glibc
import SystemCalls

/// The control server's thread: waits for clients and their lines, answers them.
///
/// Idle clients do not block others: the server disconnects them after a minute. If there is no room for a new client, it
/// disconnects the client that was idle for the longest time.
struct ControlLoop: Sendable {
  static let clientLimit = 32
  static let idleLimit = Duration.seconds(60)
  /// Clients with a request within this time are not disconnected.
  static let activeTime = Duration.seconds(1)
  let sockets: [UnixSocket]
  let wake: WakePipe
  let methods: ControlMethods

  /// Runs until the wake pipe is signalled.
  func run() {
    var clients: [ControlConnection] = []
    while true {
      var waits = [pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0)]
      waits += sockets.map { pollfd(fd: $0.descriptor, events: Int16(POLLIN), revents: 0) }
      waits += clients.map { pollfd(fd: $0.socket.descriptor, events: $0.events, revents: 0) }
      if uninterrupted({ poll(&waits, nfds_t(waits.count), clients.isEmpty ? -1 : 1000) }) < 0 { return }
      if waits[0].revents != 0 { return }
      for (client, wait) in zip(clients, waits[(1 + sockets.count)...]) where wait.revents != 0 {
        client.serve(methods)
      }
      let now = ContinuousClock.now
      for client in clients where now - client.lastActive > Self.idleLimit {
        client.hangUp(.busy("the graph closed the connection after a minute without a request; try again"))
      }
      clients.removeAll { $0.isDone }
      for (socket, wait) in zip(sockets, waits[1...]) where wait.revents != 0 { accept(from: socket, &clients) }
    }
  }

  private func accept(from socket: UnixSocket, _ clients: inout [ControlConnection]) {
    while let accepted = socket.accepted() {
      let client = ControlConnection(accepted)
      if clients.count < Self.clientLimit || makeRoom(&clients) {
        clients.append(client)
      } else {
        client.hangUp(.busy("the graph runs, and is busy with \(clients.count) other clients; try again"))
      }
    }
  }

  /// Disconnects the longest idle client; false if all are active.
  private func makeRoom(_ clients: inout [ControlConnection]) -> Bool {
    guard let index = clients.indices.min(by: { clients[$0].lastActive < clients[$1].lastActive }),
      ContinuousClock.now - clients[index].lastActive > Self.activeTime
    else { return false }
    clients.remove(at: index).hangUp(.busy("the graph closed the connection to make room for other clients; try again"))
    return true
  }
}

/// One client of the control server: lines in, lines out.
final class ControlConnection {
  let socket: UnixSocket
  private var input: [UInt8] = []
  /// Bytes of `input` that are known to contain no line feed.
  private var scanned = 0
  private var output: ArraySlice<UInt8> = []
  /// The client sends nothing more; its requests are still answered.
  private var hasEnded = false
  private(set) var isDone = false
  /// When it was accepted, or last sent or took something.
  private(set) var lastActive = ContinuousClock.now

  init(_ socket: UnixSocket) { self.socket = socket }

  /// The server reads no further requests from a client that does not read its answers.
  private var isListening: Bool { !hasEnded && hasRoom }
  private var hasRoom: Bool { output.count < ControlProtocol.lineLimit }
  private var hasLine: Bool { input[scanned...].contains(UInt8(ascii: "\n")) }

  var events: Int16 { (isListening ? Int16(POLLIN) : 0) | (output.isEmpty ? 0 : Int16(POLLOUT)) }

  /// Sends the reason, as far as possible without waiting, and closes the connection.
  func hangUp(_ error: ControlError) {
    if output.isEmpty { refuse(error) }
    flush()
    isDone = true
  }

  func serve(_ methods: ControlMethods) {
    lastActive = .now
    if isListening { hasEnded = socket.read(into: &input) == .closed }
    repeat {
      answerLines(methods)
      flush()
    } while output.isEmpty && hasLine
    if hasEnded, output.isEmpty { isDone = true }
  }

  private func answerLines(_ methods: ControlMethods) {
    var begin = 0
    while hasRoom, let end = input[max(begin, scanned)...].firstIndex(of: UInt8(ascii: "\n")) {
      if end - begin > ControlProtocol.lineLimit { return refuse(.tooLong) }
      answer(input[begin..<end], methods)
      begin = end + 1
      scanned = begin
    }
    input.removeFirst(begin)
    scanned = hasRoom ? input.count : 0
    if hasRoom, input.count > ControlProtocol.lineLimit { refuse(.tooLong) }
  }

  private func answer(_ line: ArraySlice<UInt8>, _ methods: ControlMethods) {
    let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }
    guard !isBlank else { return }
    if let response = methods.answer(line) { output += response + [UInt8(ascii: "\n")] }
  }

  /// Sends the reason and closes the connection, because the end of a line that is too long may never come.
  private func refuse(_ error: ControlError) {
    let response: JSONValue = ["jsonrpc": "2.0", "id": nil, "error": error.json]
    output += response.json + [UInt8(ascii: "\n")]
    input = []
    scanned = 0
    hasEnded = true
  }

  private func flush() {
    while !output.isEmpty {
      switch socket.write(output) {
      case .bytes(let count): output.removeFirst(count)
      case .wouldBlock: return
      case .closed:
        output = []
        hasEnded = true
      }
    }
    output = []
  }
}
