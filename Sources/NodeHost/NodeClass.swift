import CNodeABI

/// A node class as its library describes it. It is constant and lives as long as the process.
public final class NodeClass: @unchecked Sendable {
  public typealias Traits = NodeTraits

  public let native: UnsafePointer<auscult_class>
  public let name: String
  /// Semantic version of the computation.
  public let version: String
  /// One line.
  public let summary: String
  public let inputs: [Port]
  public let outputs: [Port]
  public let parameters: [Parameter]
  /// May run on the realtime thread.
  public let isHard: Bool
  public let traits: Traits
  /// The library that it comes from. The reference cycle is deliberate: neither is ever freed.
  public let library: PluginLibrary
  /// Its instances run in processes of their own.
  public let isIsolated: Bool

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
    isIsolated = false
  }

  /// The same class with other functions, whose instances run in processes of their own. They may block.
  package init(isolating other: NodeClass, _ native: UnsafePointer<auscult_class>) {
    self.native = native
    library = other.library
    name = other.name
    version = other.version
    summary = other.summary
    inputs = other.inputs
    outputs = other.outputs
    parameters = other.parameters
    isHard = false
    traits = other.traits
    isIsolated = true
  }

  /// File name of its library.
  public var libraryName: String { baseName(library.path) }

  public func parameter(_ name: String) -> Parameter? { parameters.first { $0.name == name } }

  /// Another ability by name and version, such as `state/1`; nil if the class does not have it.
  ///
  /// Thread: control.
  public func ability(_ name: String) -> UnsafeRawPointer? {
    guard let function = native.pointee.extension else { return nil }
    return name.withCString { function(native, $0) }
  }
}
