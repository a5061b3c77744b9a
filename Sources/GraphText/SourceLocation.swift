/// A place in a file of text. Lines and columns count from 1; columns and lengths count Unicode scalars, as YAML does.
public struct SourceLocation: Sendable, Hashable, Codable {
  /// As the person wrote it on the command line or in an `include`; `--set` for an override.
  public var file: String
  public var line: Int
  public var column: Int
  /// Of the text at fault, on this line; at least 1.
  public var length: Int

  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }

  /// A part of the text here: `offset` scalars in, `length` scalars long.
  func part(_ offset: Int, _ length: Int) -> SourceLocation {
    SourceLocation(file: file, line: line, column: column + offset, length: max(1, length))
  }
}

extension SourceLocation: CustomStringConvertible {
  public var description: String { "\(file):\(line):\(column)" }
}
