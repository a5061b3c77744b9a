import CNodeABI

/// A loadable kind of node, as its library describes it. All of it is constant, and lives as long as the process.
public final class NodeClass: @unchecked Sendable {
  public typealias Traits = NodeTraits

  public let native: UnsafePointer<auscult_class>
  public let name: String
  /// Of what it computes: semantic versioning.
  public let version: String
  /// One line.
  public let summary: String
  public let inputs: [Port]
  public let outputs: [Port]
  public let parameters: [Parameter]
  /// May run on the realtime thread.
  public let isHard: Bool
  public let traits: Traits
  /// Where it comes from. A cycle on purpose: neither ever goes away.
  public let library: PluginLibrary

  init(_ native: UnsafePointer<auscult_class>, _ description: ClassDescription, _ library: PluginLibrary) {
    self.native = native
    self.library = library
    name = description.name
    version = description.version
    summary = description.summary
    inputs = description.inputs
    outputs = description.outputs
    parameters = description.parameters
    isHard = description.isHard
    traits = description.traits
  }

  /// Its library's file, without the folder.
  public var libraryName: String { baseName(library.path) }

  public func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// A further ability by name and version, such as `state/1`; nil where the class hasn't got it.
  ///
  /// Thread: control.
  public func ability(_ name: String) -> UnsafeRawPointer? {
    guard let function = native.pointee.extension else { return nil }
    return name.withCString { function(native, $0) }
  }
}
