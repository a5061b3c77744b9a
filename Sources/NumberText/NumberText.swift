import Glibc

/// Numbers as text for people.
public enum NumberText {
  /// A whole number has no `.0`: "16000", "0.5".
  public static func plain(_ number: Double) -> String {
    number == number.rounded() && abs(number) < 1e15 ? "\(Int(number))" : "\(number)"
  }

  /// Rounded to at most `decimals` decimals, without trailing zeros: "2", "0.125".
  public static func plain(_ number: Double, decimals: Int) -> String { plain(nearest(number, decimals)) }

  /// Rounded to at most this many decimals, with at least one unless 0 are asked for: "2.0", "0.125".
  public static func rounded(_ number: Double, _ decimals: Int) -> String {
    guard number.isFinite, abs(number) < 1e12 else { return "\(number)" }
    let nearest = nearest(number, decimals)
    return decimals == 0 ? "\(Int(nearest))" : "\(nearest)"
  }

  /// A rate: "44100 Hz", "0.5 Hz".
  public static func hertz(_ number: Double) -> String { "\(plain(number)) Hz" }

  /// "50.5 GiB", "128 KiB".
  public static func bytes(_ count: Int) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
    var (number, unit) = (Double(count), 0)
    while number >= 1024, unit < units.count - 1 { (number, unit) = (number / 1024, unit + 1) }
    return unit == 0 ? "\(count) B" : "\(nearest(number, 1)) \(units[unit])"
  }

  private static func nearest(_ number: Double, _ decimals: Int) -> Double {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    return (number * scale).rounded() / scale
  }
}

extension NumberText {
  /// With this many decimals: "2.000".
  public static func fixed(_ number: Double, _ decimals: Int) -> String { printed("%.*f", decimals, number) }

  /// With its sign and this many decimals: "+2.000".
  public static func signed(_ number: Double, _ decimals: Int) -> String { printed("%+.*f", decimals, number) }

  /// With this many significant digits, without trailing zeros; with an exponent if it is large or small: "0.125", "4e+06".
  public static func significant(_ number: Double, _ digits: Int) -> String { printed("%.*g", digits, number) }

  private static func printed(_ format: String, _ precision: Int, _ number: Double) -> String {
    // The largest double has 309 digits before the point.
    let most = 320 + max(0, min(precision, 64))
    let text = [CChar](unsafeUninitializedCapacity: most) { buffer, count in
      count = most
      buffer.initialize(repeating: 0)
      withVaList([Int32(min(max(precision, 0), 64)), number]) {
        _ = vsnprintf(buffer.baseAddress!, most, format, $0)
      }
    }
    return text.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
  }
}
