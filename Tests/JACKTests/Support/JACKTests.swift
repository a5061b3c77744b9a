import Dispatch
import JACKDriver
import TestSupport
import Testing

/// All tests that need a server, one after the other: libjack keeps one server in a process.
@Suite(.serialized, .oneServerAtATime) struct JACKTests {}

/// Runs a body against a private server that certainly ends.
///
/// A JACK call that hangs does not return by itself: after `seconds` the server is killed, which frees callers. If that
/// does not help within five more seconds, the test process ends with a message. Nothing is left behind in either case.
@discardableResult
func withServer<Result>(
  _ options: PrivateServer.Options = PrivateServer.Options(), seconds: Int = 120,
  _ body: (PrivateServer) throws -> Result
) throws -> Result {
  let server = try PrivateServer(options: options)
  let watchdog = Watchdog(seconds: seconds) { server.stop() }
  defer {
    watchdog.cancel()
    server.stop()
  }
  let result = try body(server)
  #expect(!watchdog.hasBarked, "the test took longer than \(seconds) s; the server said:\n\(server.output)")
  return result
}
