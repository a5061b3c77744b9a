import Foundation

/// Numbers of tables and figures, rounded as C does.
enum FigureText {
  /// With the given number of decimals.
  static func fixed(_ number: Double, _ decimals: Int = 3) -> String { String(format: "%.\(decimals)f", number) }

  /// With its sign.
  static func signed(_ number: Double, _ decimals: Int) -> String { String(format: "%+.\(decimals)f", number) }

  /// With at most the given number of significant digits: four, because further digits of a score mean nothing.
  static func significant(_ number: Double, _ digits: Int = 4) -> String { String(format: "%.\(digits)g", number) }
}
