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

/// A request whose head and body have arrived and that may be answered.
struct Request: Sendable {
  /// HEAD counts as GET.
  var isPost: Bool
  /// Decoded parts of the path.
  var path: [String]
  var query: [String: String]
  var body: [UInt8]
  /// The header `Range`, unless it depends on what we do not send.
  var range: String?

  /// Nil: the path or the query is not well formed.
  init?(_ head: HTTPRequestHead, body: [UInt8]) {
    isPost = head.method == .POST
    self.body = body
    range = head.method == .GET && !head.headers.contains(name: "If-Range") ? head.headers.first(name: "Range") : nil
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
      // As forms write it, and most libraries: a space is a plus.
      guard let name = Request.decoded(sides[0], plus: UInt8(ascii: " ")),
        let value = Request.decoded(sides.count > 1 ? sides[1] : "", plus: UInt8(ascii: " "))
      else { return nil }
      query[name] = value
    }
  }

  /// The number `limit` of the query; nil: it is none from 1 to `most`.
  func limit(_ usual: Int, most: Int) -> Int? {
    guard let text = query["limit"] else { return usual }
    return Int(text).flatMap { (1...most).contains($0) ? $0 : nil }
  }

  /// The body as an object; an empty one is one without members.
  func object() throws(ReplyProblem) -> JSONValue {
    do throws(JSONProblem) {
      let value = body.isEmpty ? [:] : try JSONValue(parsing: body)
      if value.object != nil { return value }
    } catch {
      throw ReplyProblem(reply: .problem(.badRequest, "the body is not JSON: \(error)"))
    }
    throw ReplyProblem(reply: .problem(.badRequest, "the body must be a JSON object"))
  }

  /// What `/stream` asks for; nil: it asks for another address.
  func stream() throws(ReplyProblem) -> StreamKey? {
    guard path.count == 5, path[..<3] == ["api", "v1", "runs"], path[4] == "stream", !isPost else { return nil }
    let problem = { (text: String) in ReplyProblem(reply: .problem(.badRequest, text)) }
    for name in ["node", "port", "machine"] {
      if let text = query[name], !(1...256).contains(text.utf8.count) { throw problem("'\(name)' is no name") }
    }
    guard let node = query["node"] else { throw problem("'node' is missing: the node whose output is wanted") }
    var most: Double?
    if let text = query["most"] {
      guard let number = Double(text), number > 0, number <= 1000 else {
        throw problem("'most' must be a number of tokens a second up to 1000")
      }
      most = number
    }
    return StreamKey(run: path[3], node: node, port: query["port"], machine: query["machine"], most: most)
  }

  /// Resolves `%20`. Nil: not UTF-8, or a bad escape.
  private static func decoded(_ text: Substring, plus: UInt8 = UInt8(ascii: "+")) -> String? {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard let high = rest.popFirst().flatMap(hex), let low = rest.popFirst().flatMap(hex) else { return nil }
        bytes.append(high << 4 | low)
      } else {
        bytes.append(byte == UInt8(ascii: "+") ? plus : byte)
      }
    }
    return String(validating: bytes, as: UTF8.self)
  }

  private static func hex(_ digit: UInt8) -> UInt8? { Character(UnicodeScalar(digit)).hexDigitValue.map { UInt8($0) } }
}
