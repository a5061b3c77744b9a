/// A graph as its files say it, not yet compared with any node class: names, raw values and places.
public struct GraphDocument: Sendable {
  public var name: DocumentScalar?
  public var description: String?
  /// Those of includes first, in the order of the files.
  public var nodes: [DocumentNode]
  public var links: [DocumentLink]
  /// False where a file could not be read to its end: names that seem unknown may be defined there.
  public var isComplete: Bool
  /// False where a link could not be read: nodes that seem unlinked may be linked by it.
  public var hasAllLinks: Bool
  /// By a file's name in locations: the absolute folder that relative paths in it count from.
  package var folders: [String: String]
  /// The text of each file that was read, by its path.
  package var contents: [String: String] = [:]
  /// Origins of overrides: what locations in them have as their file.
  package var overrides: Set<String> = []
}

/// One entry of `nodes`.
public struct DocumentNode: Sendable {
  public var name: String
  /// Of the name.
  public var location: SourceLocation
  /// `type` and the other keys, in the order of the file.
  public var entries: [DocumentEntry]
  /// It is no map, which was said.
  package var isBroken = false

  public subscript(key: String) -> DocumentEntry? { entries.first { $0.key.text == key } }
}

/// One arrow of a chain.
public struct DocumentLink: Sendable {
  public struct End: Sendable {
    public var node: String
    public var port: String?
    /// Of `node` or `node.port`.
    public var location: SourceLocation
    /// Of the port's name alone.
    public var portLocation: SourceLocation
  }
  public var from: End
  public var to: End
  /// From the begin of one end to the end of the other.
  public var location: SourceLocation
}
