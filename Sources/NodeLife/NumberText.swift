/// At most three decimals, no trailing zeros.
package func short(_ number: Double) -> String {
  if number == number.rounded() && abs(number) < 1e15 { return String(Int64(number)) }
  let text = String((number * 1000).rounded() / 1000)
  return text
}

/// "50.5 GiB", "128 KiB".
public func byteText(_ bytes: Int) -> String {
  let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"]
  var (number, unit) = (Double(bytes), 0)
  while number >= 1024, unit < units.count - 1 { (number, unit) = (number / 1024, unit + 1) }
  let tenths = (number * 10).rounded() / 10
  return unit == 0 ? "\(bytes) B" : "\(tenths) \(units[unit])"
}
