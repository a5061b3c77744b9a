import Foundation

/// Numbers of tables and figures, rounded as C does.
enum FigureText {
  /// With exactly so many decimals.
  static func fixed(_ number: Double, _ decimals: Int = 3) -> String { String(format: "%.\(decimals)f", number) }

  /// With its sign.
  static func signed(_ number: Double, _ decimals: Int) -> String { String(format: "%+.\(decimals)f", number) }

  /// With so many significant digits at most: four, for what more there is of a score means nothing.
  static func significant(_ number: Double, _ digits: Int = 4) -> String { String(format: "%.\(digits)g", number) }
}
