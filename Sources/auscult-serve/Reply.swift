import JSONText
import NIOHTTP1

/// One answer, ready to be sent.
struct Reply: Sendable {
  var status: HTTPResponseStatus
  var type: String
  var body: [UInt8]
  var headers: [(String, String)] = []

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

/// A request whose head and body have arrived and that may be answered.
struct Request: Sendable {
  /// HEAD counts as GET.
  var isPost: Bool
  /// Decoded parts of the path.
  var path: [String]
  var query: [String: String]
  var body: [UInt8]

  /// Nil: the path or the query is not well formed.
  init?(_ head: HTTPRequestHead, body: [UInt8]) {
    isPost = head.method == .POST
    self.body = body
    let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = parts.first, first.hasPrefix("/") else { return nil }
    path = []
    for part in first.split(separator: "/") {
      guard let text = Request.decoded(part) else { return nil }
      path.append(text)
    }
    query = [:]
    for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard let name = Request.decoded(sides[0]), let value = Request.decoded(sides.count > 1 ? sides[1] : "") else {
        return nil
      }
      query[name] = value
    }
  }

  /// Resolves `%20`. Nil: not UTF-8, or a bad escape.
  private static func decoded(_ text: Substring) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hex(_ digit: UInt8) -> UInt8? { Character(UnicodeScalar(digit)).hexDigitValue.map { UInt8($0) } }
}
