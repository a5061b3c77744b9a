/// Numbers with units, for people.
enum Quantity {
  /// "1 gap", "3 gaps".
  static func count(_ number: some BinaryInteger, _ one: String, _ many: String? = nil) -> String {
    number == 1 ? "1 \(one)" : "\(number) \(many ?? one + "s")"
  }

  /// "512 (10.7 ms)".
  static func frames(_ frames: Int64, rate: Int) -> String {
    frames == 0 ? "0" : "\(frames) (\(milliseconds(Double(frames) * 1000 / Double(rate))))"
  }

  static func milliseconds(_ number: Double) -> String {
    number < 10_000 ? "\(fixed(number, number < 10 ? 2 : 1)) ms" : "\(fixed(number / 1000, 1)) s"
  }

  /// "850 B", "12.5 KiB", "3.0 MiB".
  static func bytes(_ bytes: Int) -> String {
    if bytes < 1024 { return "\(bytes) B" }
    var (number, unit) = (Double(bytes) / 1024, 0)
    let units = ["KiB", "MiB", "GiB", "TiB"]
    while number >= 1024, unit < units.count - 1 { (number, unit) = (number / 1024, unit + 1) }
    return "\(fixed(number, 1)) \(units[unit])"
  }

  /// "12.3 s", "4:05 min", "1:02:03 h".
  static func seconds(_ seconds: Double) -> String {
    // A file may claim any number, also one that does not fit into an integer.
    guard seconds >= 59.95, seconds < 1e15 else { return "\(fixed(seconds, 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 3600 { return "\(whole / 60):\(twoDigits(whole % 60)) min" }
    return "\(whole / 3600):\(twoDigits(whole / 60 % 60)):\(twoDigits(whole % 60)) h"
  }

  private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }

  /// A number with this many decimals.
  static func fixed(_ number: Double, _ decimals: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    var scale: Int64 = 1
    for _ in 0..<decimals { scale *= 10 }
    let scaled = Int64((number * Double(scale)).rounded())
    let sign = scaled < 0 ? "-" : ""
    if decimals == 0 { return "\(scaled)" }
    let fraction = String(scaled.magnitude % scale.magnitude)
    let zeros = String(repeating: "0", count: decimals - fraction.count)
    return "\(sign)\(scaled.magnitude / scale.magnitude).\(zeros)\(fraction)"
  }
}
