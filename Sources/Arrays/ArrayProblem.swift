/// Why a file of arrays, or a pickle, cannot be used.
public struct ArrayProblem: Error, Sendable, Equatable, CustomStringConvertible {
  public var text: String

  public init(_ text: String) { self.text = text }

  public var description: String { text }
}
