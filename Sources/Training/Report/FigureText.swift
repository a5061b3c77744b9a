import NumberText

/// Numbers of tables and figures, rounded as C does.
enum FigureText {
  /// With the given number of decimals.
  static func fixed(_ number: Double, _ decimals: Int = 3) -> String { NumberText.fixed(number, decimals) }

  /// With its sign.
  static func signed(_ number: Double, _ decimals: Int) -> String { NumberText.signed(number, decimals) }

  /// With at most the given number of significant digits: four, because further digits of a score mean nothing.
  static func significant(_ number: Double, _ digits: Int = 4) -> String { NumberText.significant(number, digits) }
}
