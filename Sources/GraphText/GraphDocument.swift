/// A graph as written in its files, before it is checked against node classes: names, raw values and locations.
public struct GraphDocument: Sendable {
  public var name: DocumentScalar?
  public var description: String?
  /// Nodes of included files first, in the order of the files.
  public var nodes: [DocumentNode]
  public var links: [DocumentLink]
  /// False if a file could not be read to its end: it may define names that seem unknown.
  public var isComplete: Bool
  /// False if a link could not be read: it may link nodes that seem unlinked.
  public var hasAllLinks: Bool
  /// The absolute folder to which relative paths in a file refer, by the file's name in locations.
  package var folders: [String: String]
  /// The text of each file by its path.
  package var contents: [String: String] = [:]
  /// Origins of overrides: the `file` of their locations.
  package var overrides: Set<String> = []
}

/// One entry of `nodes`.
public struct DocumentNode: Sendable {
  public var name: String
  /// Location of the name.
  public var location: SourceLocation
  /// `type` and the other keys, in the order of the file.
  public var entries: [DocumentEntry]
  /// It is not a map, and there is a diagnostic.
  package var isBroken = false

  public subscript(key: String) -> DocumentEntry? { entries.first { $0.key.text == key } }
}

/// One arrow of a chain.
public struct DocumentLink: Sendable {
  public struct End: Sendable {
    public var node: String
    public var port: String?
    /// Location of `node` or `node.port`.
    public var location: SourceLocation
    /// Location of the port's name.
    public var portLocation: SourceLocation
  }
  public var from: End
  public var to: End
  /// From the beginning of the first end to the end of the second.
  public var location: SourceLocation
}
