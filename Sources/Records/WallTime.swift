import NodeABI

/// A moment of the wall clock as ISO 8601 in UTC with milliseconds: "2026-11-21T09:30:01.664Z".
///
/// `nanoseconds` count from the Unix epoch and are truncated to milliseconds. Years 0 to 9999.
/// Days to civil date after Howard Hinnant's `civil_from_days`.
public func wallTimeText(_ nanoseconds: Int64) -> String {
  let milliseconds = floorDivide(nanoseconds, 1_000_000)
  let day = floorDivide(milliseconds, 86_400_000)
  let inDay = Int(milliseconds - day * 86_400_000)
  let (year, month, date) = civilDate(day)
  return "\(padded(year, 4))-\(padded(month, 2))-\(padded(date, 2))T\(padded(inDay / 3_600_000, 2))"
    + ":\(padded(inDay / 60_000 % 60, 2)):\(padded(inDay / 1000 % 60, 2)).\(padded(inDay % 1000, 3))Z"
}

/// The reverse of `wallTimeText`, in nanoseconds since the Unix epoch; nil if the text is not such a time, or lies outside
/// the years 1900 to 2200: no record has such a time, and decades may be added to all others without overflow.
/// Civil date to days after Howard Hinnant's `days_from_civil`.
public func wallTime(_ text: some Collection<UInt8>) -> Int64? {
  let form = Array("dddd-dd-ddTdd:dd:dd.dddZ".utf8)
  guard text.count == form.count else { return nil }
  var numbers: [Int64] = [0]
  for (byte, expected) in zip(text, form) {
    if expected == UInt8(ascii: "d") {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { return nil }
      numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int64(byte - UInt8(ascii: "0"))
    } else {
      guard byte == expected else { return nil }
      numbers.append(0)
    }
  }
  guard (1900...2200).contains(numbers[0]) else { return nil }
  let (month, date) = (numbers[1], numbers[2])
  let year = month <= 2 ? numbers[0] - 1 : numbers[0]
  let era = floorDivide(year, 400)
  let yearOfEra = year - era * 400
  let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + date - 1
  let day = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  let seconds = ((day * 24 + numbers[3]) * 60 + numbers[4]) * 60 + numbers[5]
  return seconds * 1_000_000_000 + numbers[6] * 1_000_000
}

/// Year, month and day of a day counted from 1970-01-01.
private func civilDate(_ day: Int64) -> (Int, Int, Int) {
  let shifted = day + 719_468  // days since 0000-03-01: leap days fall on the end of a year
  let era = floorDivide(shifted, 146_097)
  let dayOfEra = Int(shifted - era * 146_097)
  let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
  let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
  let shiftedMonth = (5 * dayOfYear + 2) / 153
  let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  let year = yearOfEra + Int(era) * 400 + (month <= 2 ? 1 : 0)
  return (year, month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1)
}

private func padded(_ number: Int, _ width: Int) -> String {
  let text = String(number)
  return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
}
