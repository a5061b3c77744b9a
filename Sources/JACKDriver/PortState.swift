import GraphText

/// An own port and its connections, at one moment.
public struct PortState: Sendable, Equatable {
  /// Full name.
  public var port: String
  public var node: String
  /// Channel of the node, from 0.
  public var channel: Int
  /// The machine of the channel; nil: outputs have none.
  public var machine: String?
  /// The port takes samples; false: it gives them.
  public var isInput: Bool
  /// The `connect` texts of this channel.
  public var connect: [String]
  public var peers: [Peer]
  /// Since when it is connected, or not connected: nanoseconds since the Unix epoch, and a frame position.
  public var since: Int64
  public var position: Int64

  public var isConnected: Bool { !peers.isEmpty }

  /// A connected port of another client.
  public struct Peer: Sendable, Equatable {
    public var port: String
    public var since: Int64
    public var position: Int64

    package init(port: String, since: Int64, position: Int64) {
      self.port = port
      self.since = since
      self.position = position
    }
  }
}

/// An own port that waits for a port of another client.
public struct Waiting: Sendable, Equatable {
  public var port: String
  /// The `connect` texts.
  public var patterns: [String]
  /// The most similar names of existing ports.
  public var nearest: [String]
  /// The existing ports; nil: the requested port exists, but can't be connected yet.
  public var available: [String]?
  /// The errors of texts that are not valid patterns.
  public var defects: [String]

  public init(
    port: String, patterns: [String], nearest: [String] = [], available: [String]? = nil, defects: [String] = []
  ) {
    self.port = port
    self.patterns = patterns
    self.nearest = nearest
    self.available = available
    self.defects = defects
  }

  init(_ port: String, _ patterns: [PortPattern], among ports: [PortName]?) {
    self.port = port
    self.patterns = patterns.map(\.text)
    available = ports?.map(\.name)
    let names = ports?.flatMap(\.all) ?? []
    var nearest: [String] = []
    for pattern in patterns {
      if let name = GraphText.nearest(pattern.text, among: names), !nearest.contains(name) { nearest.append(name) }
    }
    self.nearest = nearest
    defects = patterns.compactMap { pattern in pattern.defect.map { "'\(pattern.text)' is no pattern: \($0)" } }
  }

  /// Most ports that a message names; it counts the others.
  private static let mostNames = 12
}

extension Waiting: CustomStringConvertible {
  public var description: String {
    var text = "no port to connect to \(port) yet: waiting for \(list(patterns, " or "))"
    guard let available else { return text }
    if !defects.isEmpty { text += "; " + defects.joined(separator: "; ") }
    if !nearest.isEmpty { text += "; did you mean \(list(nearest, " or "))?" }
    text += nearest.isEmpty ? "; " : " "
    if available.isEmpty { return text + "no other client has a port for it now" }
    text += "JACK has \(list(Array(available.prefix(Self.mostNames)), ", "))"
    let others = available.count - Self.mostNames
    return others > 0 ? text + " and \(others) more, which `auscult ports` lists" : text
  }

  private func list(_ names: [String], _ separator: String) -> String {
    names.map { "'\($0)'" }.joined(separator: separator)
  }
}
