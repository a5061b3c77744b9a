import NodeHost
@_exported import NodeRigs

extension NodeRig {
  /// A class of the build's plugins.
  public static func find(_ className: String) throws -> NodeClass {
    guard let nodeClass = TestPlugins.catalog[className] else {
      throw Failure("no class \(className) in \(BuildFolder.path)")
    }
    return nodeClass
  }
}

extension StreamRig {
  /// Creates a node of a class from the build's plugins.
  ///
  /// - Parameter parameters: as a graph file writes them; lists in brackets.
  public convenience init(_ name: String, _ parameters: [String: String] = [:]) throws {
    try self.init(NodeRig.find(name), parameters)
  }
}
