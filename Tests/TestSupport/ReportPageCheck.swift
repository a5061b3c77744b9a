/// A report's page, looked at by Python's HTML parser.
public enum ReportPageCheck {
  /// - Returns: "9 pictures, 2 tables, 14 players".
  /// - Throws: what is wrong.
  @discardableResult
  public static func run(_ page: String) throws -> String {
    try CompiledPlugin.run("python3", [BuildFolder.package + "/Tests/Fixtures/report/words.py", page])
  }
}
