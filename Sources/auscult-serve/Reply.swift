import JSONText
import NIOHTTP1

/// One answer, ready to be sent.
struct Reply: Sendable {
  var status: HTTPResponseStatus
  var type: String
  var body: [UInt8]
  var headers: [(String, String)] = []
  /// Replaces the body.
  var file: FilePart?

  /// Bytes of the body.
  var length: Int { file?.range.count ?? body.count }

  static func json(_ value: JSONValue, _ status: HTTPResponseStatus = .ok) -> Reply {
    Reply(status: status, type: "application/json", body: value.json + [UInt8(ascii: "\n")])
  }

  static func text(_ text: String, type: String) -> Reply {
    Reply(status: .ok, type: type + "; charset=utf-8", body: Array(text.utf8))
  }

  /// An error in words, with the next step.
  static func problem(_ status: HTTPResponseStatus, _ text: String, headers: [(String, String)] = []) -> Reply {
    var reply = json(["error": .text(text)], status)
    reply.headers = headers
    return reply
  }
}

extension Reply {
  static func wrongLimit(_ most: Int) -> Reply { .problem(.badRequest, "'limit' must be a number from 1 to \(most)") }
}

/// An answer that says why there is no other.
struct ReplyProblem: Error {
  var reply: Reply

  init(_ reply: Reply) { self.reply = reply }

  init(_ status: HTTPResponseStatus, _ text: String) { reply = .problem(status, text) }
}
