/// A location in a text file. Lines and columns count from 1. Columns and lengths count Unicode scalars, as YAML does.
public struct SourceLocation: Sendable, Hashable, Codable {
  /// The name from the command line or an `include`; `--set` for an override.
  public var file: String
  public var line: Int
  public var column: Int
  /// Length of the wrong text on this line; at least 1.
  public var length: Int

  public init(file: String, line: Int, column: Int, length: Int = 1) {
    self.file = file
    self.line = line
    self.column = column
    self.length = length
  }

  /// Location of a part of this text, `offset` scalars from its beginning and `length` scalars long.
  func part(_ offset: Int, _ length: Int) -> SourceLocation {
    SourceLocation(file: file, line: line, column: column + offset, length: max(1, length))
  }
}

extension SourceLocation: CustomStringConvertible {
  public var description: String { "\(file):\(line):\(column)" }
}
