import GraphText

/// A port of ours, and what it is connected to, at one moment.
public struct PortState: Sendable, Equatable {
  /// Full name.
  public var port: String
  public var node: String
  /// Of the node, from 0.
  public var channel: Int
  /// What the channel listens to; nil: outputs have none.
  public var machine: String?
  /// It takes samples; false: it gives them.
  public var isInput: Bool
  /// The `connect` texts of this channel.
  public var connect: [String]
  public var peers: [Peer]
  /// Since when it is connected, or is not: nanoseconds since the Unix epoch, and a frame position.
  public var since: Int64
  public var position: Int64

  public var isConnected: Bool { !peers.isEmpty }

  /// A port of another client that it is connected to.
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

/// A port of ours that waits for another one.
public struct Waiting: Sendable, Equatable {
  public var port: String
  /// The `connect` texts.
  public var patterns: [String]
  /// The names that are nearest to them.
  public var nearest: [String]
  /// The ports that there are; nil: the one that is asked for is there, but can't be connected yet.
  public var available: [String]?
  /// What is wrong with texts that are no patterns.
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

  /// Ports that a line names before it only counts the others.
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
