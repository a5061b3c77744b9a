import Glibc

/// Where the server listens: `127.0.0.1:8080`, `[::1]:8080`.
struct ListenAddress {
  let host: String
  let port: Int

  init(_ text: String) throws(ServeProblem) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else {
      throw ServeProblem(text: "'\(text)' is no address and port, such as 127.0.0.1:8080", isUsage: true)
    }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard ListenAddress.isNumeric(host) else {
      throw ServeProblem(text: "'\(host)' is no numeric address, such as 127.0.0.1 or [::1]", isUsage: true)
    }
    self.host = host
    self.port = Int(port)
  }

  private static func isNumeric(_ host: String) -> Bool {
    var address = in6_addr()
    return inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1
  }

  /// As in a URL.
  var shown: String { host.contains(":") ? "[\(host)]" : host }

  /// Only programs of this machine reach it.
  var isLoopback: Bool { host == "::1" || host.hasPrefix("127.") }
}
