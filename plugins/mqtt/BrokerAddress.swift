import NodeKit

/// Where a broker listens: `mqtt://HOST:PORT`, or `mqtts://HOST:PORT` with TLS.
struct BrokerAddress: Sendable, Equatable {
  var host: String
  var port: Int
  var usesTLS: Bool

  /// - Throws: a `NodeError` at the parameter `broker`.
  init(_ text: String) throws {
    let scheme = text.prefix { $0 != ":" }.lowercased()
    guard ["mqtt", "mqtts"].contains(scheme), text.dropFirst(scheme.count).hasPrefix("://") else {
      throw Self.error(text, "begins with neither mqtt:// nor mqtts://")
    }
    usesTLS = scheme == "mqtts"
    let place = text.dropFirst(scheme.count + 3)
    if place.contains("@") { throw Self.error(text, "contains a user; give it with `user` and `password_file`") }
    guard !place.unicodeScalars.contains(where: { $0.value <= 0x20 || "/?#".unicodeScalars.contains($0) }) else {
      throw Self.error(text, "has a space or a path after the host")
    }
    let end = place.hasPrefix("[") ? place.firstIndex(of: "]").map { place.index(after: $0) } : place.lastIndex(of: ":")
    let name = end.map { place[..<$0] } ?? place[...]
    let rest = end.map { place[$0...] } ?? ""
    guard !name.isEmpty, name.utf8.count <= 255, !name.hasPrefix("[") || name.hasSuffix("]") else {
      throw Self.error(text, "names no host")
    }
    host = String(name)
    port = usesTLS ? 8883 : 1883
    if !rest.isEmpty {
      guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else {
        throw Self.error(text, "has no port from 1 to 65535 after the host")
      }
      port = Int(number)
    }
  }

  /// For people.
  var text: String { "\(usesTLS ? "mqtts" : "mqtt")://\(host):\(port)" }

  /// For Paho.
  var uri: String { "\(usesTLS ? "ssl" : "tcp")://\(host):\(port)" }

  private static func error(_ text: String, _ problem: String) -> NodeError {
    NodeError(
      "`broker: \(text)` \(problem); write mqtt://HOST:PORT, or mqtts://HOST:PORT for TLS", parameter: "broker")
  }
}
