import NIOHTTP1

/// Decides by its head whether a request may be answered at all.
struct RequestGuard: Sendable {
  /// Most bytes of a body.
  static let bodyLimit = 64 << 10

  private let hosts: Set<String>
  private let readsNeedToken: Bool
  private let token: Token

  init(_ address: ListenAddress, hosts: [String], token: Token) {
    self.hosts = Set((hosts + ["localhost", "127.0.0.1", "[::1]", address.shown]).map { $0.lowercased() })
    readsNeedToken = !address.isLoopback
    self.token = token
  }

  /// Why the request is refused; nil: it is not.
  func refusal(_ head: HTTPRequestHead) -> Reply? {
    // A foreign page may make a browser resolve its own name to this address: then Host names that page.
    let named = head.headers["Host"]
    guard named.count == 1, hosts.contains(host(named[0])) else {
      return .problem(.misdirectedRequest, "unknown Host; start the server with --host NAME to allow another name")
    }
    // A foreign page's script or form says where it comes from.
    let origins = head.headers["Origin"]
    guard origins.allSatisfy({ isOwn($0, named[0]) }) else {
      return .problem(.forbidden, "a page of another origin may not use this server")
    }
    if head.headers.first(name: "Sec-Fetch-Site") == "cross-site" {
      return .problem(.forbidden, "a page of another site may not use this server")
    }
    let allowed = Routes.methods(head.uri)
    guard allowed.contains(head.method) else {
      let list = allowed.map(\.rawValue).joined(separator: ", ")
      return .problem(.methodNotAllowed, "allowed: \(list)", headers: [("Allow", list)])
    }
    // A browser can't send the token with the address that a person types: the page is free, and asks for the token.
    if head.method == .POST || readsNeedToken && !PageFile.isAt(head.uri) {
      guard token.isIn(head.headers.first(name: "Authorization")) else {
        return .problem(
          .unauthorized, "this needs the header 'Authorization: Bearer TOKEN'; the token is in the server's token file",
          headers: [("WWW-Authenticate", "Bearer")])
      }
    }
    if let length = head.headers.first(name: "Content-Length"), Int(length) ?? .max > Self.bodyLimit {
      return Self.tooLarge
    }
    return nil
  }

  static let tooLarge = Reply.problem(.payloadTooLarge, "the body has more than \(bodyLimit) bytes")

  /// The name without the port; "" if anything but a port follows it.
  private func host(_ text: String) -> String {
    let text = text.lowercased()
    let bracket = text.hasPrefix("[") ? text.firstIndex(of: "]") : nil
    let end = bracket.map { text.index(after: $0) } ?? text.firstIndex(of: ":") ?? text.endIndex
    let rest = text[end...].utf8
    let isPort = rest.first == UInt8(ascii: ":") && rest.dropFirst().allSatisfy { 48...57 ~= $0 }
    return rest.isEmpty || isPort ? String(text[..<end]) : ""
  }

  private func isOwn(_ origin: String, _ host: String) -> Bool {
    let origin = origin.lowercased()
    return origin == "http://" + host.lowercased() || origin == "https://" + host.lowercased()
  }
}
