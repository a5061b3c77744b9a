import JSONText
import NIOHTTP1

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
      throw ReplyProblem(.badRequest, "the body is not JSON: \(error)")
    }
    throw ReplyProblem(.badRequest, "the body must be a JSON object")
  }

  /// What `/stream` asks for; nil: it asks for another address.
  func stream() throws(ReplyProblem) -> StreamKey? {
    guard path.count == 5, path[..<3] == ["api", "v1", "runs"], path[4] == "stream", !isPost else { return nil }
    for name in ["node", "port", "machine"] {
      guard query[name]?.isPlain(most: 256) ?? true else { throw ReplyProblem(.badRequest, "'\(name)' is no name") }
    }
    guard let node = query["node"] else {
      throw ReplyProblem(.badRequest, "'node' is missing: the node whose output is wanted")
    }
    var most: Double?
    if let text = query["most"] {
      guard let number = Double(text), number > 0, number <= 1000 else {
        throw ReplyProblem(.badRequest, "'most' must be a number of tokens a second up to 1000")
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

extension String {
  /// Whether it may be a name or a path: not empty, at most so many bytes, and no control characters.
  func isPlain(most: Int) -> Bool { (1...most).contains(utf8.count) && !utf8.contains { $0 < 0x20 } }
}
