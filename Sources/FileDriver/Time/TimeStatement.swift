import TextEscapes

/// What a file's metadata say about the time of its first sample.
struct TimeStatement {
  /// As written, for messages.
  var text: String
  /// Nil: the text is no time.
  var time: CivilTime?
  /// Samples since midnight of the date, and samples a second; they are more exact than the time of day.
  var reference: (samples: UInt64, rate: Int)?

  /// The text without what a terminal would act on, and not long.
  var shown: String {
    String(
      String.UnicodeScalarView(
        text.unicodeScalars.prefix(60).map { $0.value < 0x20 || (0x7f..<0xa0).contains($0.value) ? "?" : $0 }))
  }

  func nanoseconds(_ time: CivilTime, in zone: RecordingZone) -> Int64? {
    guard let reference, reference.samples > 0, reference.samples < 172_800 * UInt64(reference.rate) else {
      return time.nanoseconds(in: zone)
    }
    var midnight = time
    (midnight.hour, midnight.minute, midnight.second, midnight.nanosecond) = (0, 0, 0, 0)
    let rate = UInt64(reference.rate)
    let (seconds, rest) = reference.samples.quotientAndRemainder(dividingBy: rate)
    let nanoseconds = Int64(seconds * 1_000_000_000 + (rest * 1_000_000_000 + rate / 2) / rate)
    return midnight.nanoseconds(in: zone).map { $0 + nanoseconds }
  }

  /// The field of GUANO's standard for it; the glossary keeps the word from everything else.
  private static let guanoField = "Time" + "stamp"

  /// The time in a `guan` chunk, as in `...: 2017-06-12T19:31:14-04:00` (github.com/riggsd/guano-spec).
  static func guano(_ file: AudioFile) -> TimeStatement? {
    guard let chunk = file.chunk("guan", most: 1 << 16) else { return nil }
    let text = String(decoding: chunk.prefix { $0 != 0 }, as: UTF8.self)
    for line in text.split(whereSeparator: { $0.isNewline }) {
      guard let colon = line.firstIndex(of: ":"), line[..<colon].trimmed == guanoField else { continue }
      let value = line[line.index(after: colon)...].trimmed
      if value.isEmpty { return nil }
      return TimeStatement(text: value, time: CivilTime(iso: value))
    }
    return nil
  }

  /// Date, time and the 64-bit time reference of a `bext` chunk (EBU Tech 3285), which names no zone.
  static func bext(_ file: AudioFile) -> TimeStatement? {
    guard let chunk = file.chunk("bext", most: 346), chunk.count == 346 else { return nil }
    let text = { (range: Range<Int>) in
      String(decoding: chunk[range].prefix { $0 != 0 }, as: UTF8.self).trimmed
    }
    let (date, clock) = (text(320..<330), text(330..<338))
    if date.isEmpty { return nil }
    let samples = (0..<8).reduce(UInt64(0)) { $0 | UInt64(chunk[338 + $1]) << (8 * $1) }
    // Recorders write other separators, too: 2026:11:21, 09-30-01.
    let digits = { (text: String) in text.utf8.filter { (0x30...0x39).contains($0) } }
    let (day, moment) = (digits(date), clock.isEmpty ? Array("000000".utf8) : digits(clock))
    var time: CivilTime?
    if day.count == 8, moment.count == 6 {
      let field = { (bytes: ArraySlice<UInt8>) in String(decoding: bytes, as: UTF8.self) }
      time = CivilTime(
        iso: "\(field(day[..<4]))-\(field(day[4..<6]))-\(field(day[6...]))T\(field(moment[..<2])):"
          + "\(field(moment[2..<4])):\(field(moment[4...]))")
    }
    if clock.isEmpty, samples == 0 { time = nil }
    return TimeStatement(text: "\(date) \(clock)", time: time, reference: (samples, file.rate))
  }

  /// `Recorded at 19:17:30 23/02/2021 (UTC+1) by AudioMoth ...`
  static func audioMoth(_ file: AudioFile) -> TimeStatement? {
    guard let comment = file.text(.comment), comment.hasPrefix("Recorded at "), comment.contains(" by AudioMoth") else {
      return nil
    }
    let words = comment.split(separator: " ")
    guard words.count > 4 else { return nil }
    return TimeStatement(text: words[2...4].joined(separator: " "), time: audioMoth(words[2], words[3], words[4]))
  }

  private static func audioMoth(_ clock: Substring, _ date: Substring, _ zone: Substring) -> CivilTime? {
    var scanner = DigitScanner(date)
    guard let day = scanner.number(2), scanner.take("/"), let month = scanner.number(2), scanner.take("/"),
      let year = scanner.number(4), scanner.isAtEnd, zone.hasPrefix("(UTC"), zone.hasSuffix(")")
    else { return nil }
    var time = CivilTime(year: year, month: month, day: day)
    var clockScanner = DigitScanner(clock)
    guard clockScanner.timeOfDay(into: &time), clockScanner.isAtEnd else { return nil }
    let offset = zone.dropFirst(4).dropLast()
    var zoneScanner = DigitScanner(offset)
    guard let seconds = offset.isEmpty ? 0 : zoneScanner.offset(), zoneScanner.isAtEnd else { return nil }
    time.offset = seconds
    return time.isValid ? time : nil
  }

  /// A date tag (RIFF `ICRD`, FLAC `DATE`) with a time of day; others state the day, or the year, only.
  static func date(_ file: AudioFile) -> TimeStatement? {
    guard let text = file.text(.date), text.utf8.count > 10, text.contains(":") else { return nil }
    return TimeStatement(text: text, time: CivilTime(iso: text))
  }
}
