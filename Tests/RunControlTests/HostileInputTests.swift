import Foundation
import RunControl
import TestSupport
import Testing

private func startServer(_ scratch: ScratchFolder) throws -> ControlServer {
  let server = try ControlServer(name: "g", folder: scratch.control)
  server.start([
    "echo": { $0 }, "long": { _ in .text(String(repeating: "x", count: 100_000)) },
  ])
  return server
}

@Suite struct HostileInputTests {
  /// JSON-RPC 2.0's answer to each kind of request, including malformed ones.
  @Test(arguments: [
    (#"{"jsonrpc":"2.0","id":1,"method":"echo","params":[1,2]}"#, #"{"id":1,"jsonrpc":"2.0","result":[1,2]}"#),
    (#"{"jsonrpc":"2.0","id":"a","method":"echo"}"#, #"{"id":"a","jsonrpc":"2.0","result":{}}"#),
    (#"{"jsonrpc":"2.0","id":null,"method":"echo"}"#, #"{"id":null,"jsonrpc":"2.0","result":{}}"#),
    (
      "{",
      #"{"error":{"code":-32700,"message":"this line is not JSON: a name in quotes is missing at byte 1"},"#
        + #""id":null,"jsonrpc":"2.0"}"#
    ),
    (
      "[]", #"{"error":{"code":-32600,"message":"the batch is empty"},"id":null,"jsonrpc":"2.0"}"#
    ),
    (
      "1", #"{"error":{"code":-32600,"message":"a request is an object"},"id":null,"jsonrpc":"2.0"}"#
    ),
    (
      "[1]", #"[{"error":{"code":-32600,"message":"a request is an object"},"id":null,"jsonrpc":"2.0"}]"#
    ),
    (
      #"{"id":7,"method":"echo"}"#,
      #"{"error":{"code":-32600,"message":"\"jsonrpc\" must be \"2.0\""},"id":7,"jsonrpc":"2.0"}"#
    ),
    (
      #"{"jsonrpc":"2.0","id":{},"method":"echo"}"#,
      #"{"error":{"code":-32600,"message":"\"id\" must be a text, a number or null"},"id":null,"jsonrpc":"2.0"}"#
    ),
    (
      #"{"jsonrpc":"2.0","id":1,"method":"echo","params":3}"#,
      #"{"error":{"code":-32600,"message":"\"params\" must be an object or an array"},"id":1,"jsonrpc":"2.0"}"#
    ),
    (
      #"{"jsonrpc":"2.0","id":1,"method":2}"#,
      #"{"error":{"code":-32600,"message":"\"method\" must be a text"},"id":1,"jsonrpc":"2.0"}"#
    ),
    (
      #"[{"jsonrpc":"2.0","method":"echo"},{"jsonrpc":"2.0","id":2,"method":"echo"}]"#,
      #"[{"id":2,"jsonrpc":"2.0","result":{}}]"#
    ),
  ])
  func requestsAreAnsweredAsTheProtocolSays(_ request: String, _ answer: String) throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    #expect(try RawClient(server.path).ask(request) == answer)
    server.stop()
  }

  @Test func notificationsAreNotAnswered() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try RawClient(server.path)
    client.send(#"{"jsonrpc":"2.0","method":"echo"}"#)
    client.send(#"{"jsonrpc":"2.0","method":"nothing"}"#)
    client.send(#"[{"jsonrpc":"2.0","method":"echo"}]"#)
    client.send("  \r")
    #expect(client.ask(#"{"jsonrpc":"2.0","id":9,"method":"echo"}"#) == #"{"id":9,"jsonrpc":"2.0","result":{}}"#)
    server.stop()
  }

  @Test func lineThatNeverEndsIsRefused() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try RawClient(server.path)
    client.send([UInt8](repeating: UInt8(ascii: "["), count: 3 << 20))
    #expect(client.line()?.contains("longer than 1048576 bytes") == true)
    #expect(client.line() == nil, "the server hangs up")
    #expect(try RawClient(server.path).ask(#"{"jsonrpc":"2.0","id":1,"method":"echo"}"#) != nil)
    server.stop()
  }

  @Test func deepNestingIsRefused() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let client = try RawClient(server.path)
    for open in ["[", #"{"a":"#] {
      let answer = client.ask(String(repeating: open, count: 100_000))
      #expect(answer?.contains("nested deeper than 64 levels") == true)
    }
    server.stop()
  }

  @Test func largeBatchIsRefused() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let batch = "[" + Array(repeating: "1", count: 300).joined(separator: ",") + "]"
    #expect(try RawClient(server.path).ask(batch)?.contains("at most 256 are taken") == true)
    server.stop()
  }

  /// The server stops listening to a client that asks for much and reads nothing; other clients are served.
  @Test func clientThatDoesNotReadHoldsUpNobody() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let lazy = try RawClient(server.path)
    let count = 100
    for index in 0..<count { lazy.send(#"{"jsonrpc":"2.0","id":\#(index),"method":"long"}"#) }
    lazy.endSending()
    #expect(try RawClient(server.path).ask(#"{"jsonrpc":"2.0","id":1,"method":"echo"}"#) != nil)
    for index in 0..<count { #expect(lazy.line()?.hasPrefix(#"{"id":\#(index),"#) == true) }
    #expect(lazy.line() == nil)
    server.stop()
  }

  @Test func clientThatHangsUpIsForgotten() throws {
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    for _ in 0..<200 {
      let client = try RawClient(server.path)
      client.send(#"{"jsonrpc":"2.0","id":1,"method":"long"}"#)
    }
    #expect(try RawClient(server.path).ask(#"{"jsonrpc":"2.0","id":1,"method":"echo"}"#) != nil)
    server.stop()
  }

  @Test func randomBytesGetErrorsOnly() throws {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let scratch = ScratchFolder()
    let server = try startServer(scratch)
    let fragments = [
      "{", "}", "[", "]", "\"", ":", ",", "1e999", "-", "\\u", "\\ud800", "null", "\"jsonrpc\":\"2.0\"", "id",
    ]
    for _ in 0..<300 {
      let client = try RawClient(server.path)
      var line: [UInt8] = []
      for _ in 0..<Int(random.next() % 40) {
        if random.next() % 2 == 0 {
          line += Array(fragments[Int(random.next() % UInt64(fragments.count))].utf8)
        } else {
          line.append(UInt8(truncatingIfNeeded: random.next()))
        }
      }
      line.removeAll { $0 == 10 }
      client.send(line + [10])
      client.send(#"{"jsonrpc":"2.0","id":"last","method":"echo"}"#)
      var answer = client.line()
      if answer?.contains("\"error\"") == true { answer = client.line() }
      #expect(answer == #"{"id":"last","jsonrpc":"2.0","result":{}}"#, "seed \(random.seed), line \(line)")
    }
    server.stop()
  }
}
