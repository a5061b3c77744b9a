import GraphText
import NodeHost

/// A checked graph: every class is known, every parameter has a type, every link leads from an output to an input that
/// accepts its kind, and there is no cycle. Formats depend on the driver's rate and are negotiated later.
public struct Graph: Sendable {
  /// Also the JACK client's name, unless the command says otherwise.
  public var name: String
  public var description: String
  /// In the order of the file.
  public var nodes: [Node]
  /// In the order of the file. A chain gives one link per arrow.
  public var links: [Link]
  /// The file as given; nil for text.
  public var file: String?
  /// The lines of the files, for diagnostics.
  public var sources: SourceSet
  /// The text of each file by its path, for `GraphOptions.contents`.
  public var contents: [String: String] = [:]
  /// Libraries or programs that the file names must not run, because the options said so. The graph can be described, but
  /// not run: classes may have no functions, and nodes may be missing.
  public var isPartial = false
  /// The paths that `library:` gives, absolute.
  public var namedLibraries: [String] = []

  /// An instance of a class.
  public struct Node: Sendable {
    public var name: String
    public var nodeClass: NodeClass
    /// Every parameter that is set or has a default, in the order of the class.
    public var arguments: [Argument]
    public var placement: Placement
    public var location: SourceLocation?

    package init(
      name: String, nodeClass: NodeClass, arguments: [Argument], placement: Placement, location: SourceLocation?
    ) {
      self.name = name
      self.nodeClass = nodeClass
      self.arguments = arguments
      self.placement = placement
      self.location = location
    }

    public func argument(_ name: String) -> Argument? { arguments.first { $0.name == name } }
  }

  public struct Argument: Sendable {
    public var name: String
    public var value: ParameterValue
    /// Location of the value; nil for a default.
    public var location: SourceLocation?

    package init(name: String, value: ParameterValue, location: SourceLocation?) {
      self.name = name
      self.value = value
      self.location = location
    }
  }

  /// The thread that the file asks for.
  public enum Placement: String, Sendable {
    case automatic, realtime, worker
  }

  /// From an output port to an input port.
  public struct Link: Sendable {
    public struct End: Sendable, Hashable {
      /// Index into the graph's nodes.
      public var node: Int
      /// Index into the class's outputs or inputs.
      public var port: Int

      public init(node: Int, port: Int) {
        self.node = node
        self.port = port
      }
    }
    public var from: End
    public var to: End
    public var location: SourceLocation?

    package init(from: End, to: End, location: SourceLocation?) {
      self.from = from
      self.to = to
      self.location = location
    }
  }

  /// A diagnostic at a location in the graph's files, with its source line.
  public func diagnostic(
    _ severity: Diagnostic.Severity = .error, code: String, message: String, at location: SourceLocation?
  ) -> Diagnostic {
    Diagnostic(
      severity, code: code, message: message, location: location, sourceLine: location.flatMap { sources.line(at: $0) })
  }
}
