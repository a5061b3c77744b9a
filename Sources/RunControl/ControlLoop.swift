import Glibc

/// The control server's thread: waits for clients and their lines, answers them.
struct ControlLoop: Sendable {
  static let clientLimit = 32
  let socket: UnixSocket
  let wake: WakePipe
  let methods: ControlMethods

  /// Runs until the wake pipe is signalled.
  func run() {
    var clients: [ControlConnection] = []
    while true {
      var waits = [
        pollfd(fd: wake.readEnd, events: Int16(POLLIN), revents: 0),
        pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
      ]
      waits += clients.map { pollfd(fd: $0.socket.descriptor, events: $0.events, revents: 0) }
      if poll(&waits, nfds_t(waits.count), -1) < 0, errno != EINTR { return }
      if waits[0].revents != 0 { return }
      for (client, wait) in zip(clients, waits[2...]) where wait.revents != 0 { client.serve(methods) }
      clients.removeAll { $0.isDone }
      if waits[1].revents != 0, let client = socket.accepted(), clients.count < Self.clientLimit {
        clients.append(ControlConnection(client))
      }
    }
  }
}

/// One client of the control server: lines in, lines out.
final class ControlConnection {
  let socket: UnixSocket
  private var input: [UInt8] = []
  /// How much of `input` is known to hold no line feed.
  private var scanned = 0
  private var output: ArraySlice<UInt8> = []
  /// Nothing more comes from the client; what it asked is still answered.
  private var hasEnded = false
  private(set) var isDone = false

  init(_ socket: UnixSocket) { self.socket = socket }

  /// A client that does not read its answers is not listened to any further.
  private var isListening: Bool { !hasEnded && hasRoom }
  private var hasRoom: Bool { output.count < ControlProtocol.lineLimit }
  private var hasLine: Bool { input[scanned...].contains(UInt8(ascii: "\n")) }

  var events: Int16 { (isListening ? Int16(POLLIN) : 0) | (output.isEmpty ? 0 : Int16(POLLOUT)) }

  func serve(_ methods: ControlMethods) {
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
      if end - begin > ControlProtocol.lineLimit { return refuse() }
      answer(input[begin..<end], methods)
      begin = end + 1
      scanned = begin
    }
    input.removeFirst(begin)
    scanned = hasRoom ? input.count : 0
    if hasRoom, input.count > ControlProtocol.lineLimit { refuse() }
  }

  private func answer(_ line: ArraySlice<UInt8>, _ methods: ControlMethods) {
    let isBlank = line.allSatisfy { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\r") || $0 == UInt8(ascii: "\t") }
    guard !isBlank else { return }
    if let response = methods.answer(line) { output += response + [UInt8(ascii: "\n")] }
  }

  /// A line that is too long: says so and hangs up, for where the next one begins cannot be trusted to come soon.
  private func refuse() {
    let error = ControlError.invalidRequest("the line is longer than \(ControlProtocol.lineLimit) bytes")
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
