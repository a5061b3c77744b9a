/// A model file that cannot be used or written: which one, why, and what to do.
public struct ModelError: Error, Sendable, Equatable, CustomStringConvertible {
  public var path: String
  public var text: String

  public init(path: String, text: String) {
    self.path = path
    self.text = text
  }

  public var description: String { "\(path): \(text)" }
}
