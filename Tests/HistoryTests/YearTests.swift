import Database
import Foundation
import Glibc
import GraphEngine
import OutputFiles
import TestSupport
import Testing

/// A long time in a few minutes: one machine, one score a second, an alarm every 44 hours, with the limits of a watch that is
/// left alone. Sound of eight samples a second makes that cheap; everything from the source to the sinks is real.
///
/// Nine days, and with `AUSCULT_LONG` a year. The test has a process of its own, because it measures memory.
@Suite struct YearTests {
  @Test func aYearStaysWithinItsLimits() async {
    await #expect(processExitsWith: .success) {
      StandardStreams.secure()
      let isLong = !(ProcessInfo.processInfo.environment["AUSCULT_LONG"] ?? "").isEmpty
      try SimulatedYear(days: isLong ? 365 : 9, limit: isLong ? 64 << 20 : 3 << 20, clipLimit: isLong ? 20_000 : 5000)
        .check()
    }
  }
}

private struct SimulatedYear {
  static let rate = 8
  static let hoursBetweenAlarms = 44

  let days: Int
  /// Bytes of the database.
  let limit: Int
  /// Bytes of all clips.
  let clipLimit: Int

  private var graph: String {
    """
    graph: year
    nodes:
      mic:   { type: source, machines: [pump-2] }
      stft:  { type: stft, length: 8 frames, hop: 8 frames, center: false }
      power: { type: power }
      judge: { type: detector.level, learn: 1 h }
      alarm: { type: alarm, on: 3 s, off: 5 s }
      past:  { type: sink.sqlite, path: "${env:OUT}/past.sqlite", scores: 10 s, keep: 60 d, limit: \(limit) B }
      clip:  { type: sink.clip, path: "${env:OUT}/clips", before: 5 s, after: 5 s, delay: 30 s, format: wav, limit: \(clipLimit) B }
    links:
      - mic -> stft -> power -> judge -> alarm -> past
      - judge -> past
      - mic -> clip.audio
      - alarm -> clip.event
    """
  }

  func check() throws {
    let run = try HandRun(graph, rate: Self.rate, threads: 1)
    run.engine.setStart(SimulatedTime.begin)
    let path = run.folder + "/past.sqlite"
    var (early, late, most) = (0, 0, 0)
    var random = SeededRandom(seed: 3)
    for day in 0..<days {
      run.driver.feed([sound(day, &random)], period: { 64 })
      most = max(most, ["", "-wal", "-shm"].reduce(0) { $0 + size(path + $1) })
      if day == days / 5 { early = residentBytes() }
      late = residentBytes()
    }
    run.driver.finish()
    let problems = run.messages.filter { !$0.hasPrefix("info ") && !$0.contains("made the folder") }
    #expect(problems == [])
    #expect(most > limit / 2 && most <= limit, "the database had \(most) bytes")
    #expect(late < early + 8 << 20, "memory grew from \(early) to \(late) bytes")

    let alarms = days * 24 / Self.hoursBetweenAlarms
    let database = try Connection(path, .readOnly, patience: 5)
    let kept = try database.integer("SELECT count(*) FROM events WHERE kind = 'alarm' AND state = 'raised'") ?? 0
    #expect(kept == Int64(min(alarms, 60 * 24 / Self.hoursBetweenAlarms + 1)), "\(kept) of \(alarms) alarms")
    // The last score ends on the next day.
    #expect(try database.integer("SELECT count(*) FROM trend") == Int64(days + 1))
    #expect(try database.integer("SELECT sum(count) FROM trend") ?? 0 > Int64(days * 86_400 * 9 / 10))
    // Every clip that is there is in the database, and no other.
    let files = try FileManager.default.contentsOfDirectory(atPath: run.folder + "/clips")
    let bytes = files.reduce(0) { $0 + size(run.folder + "/clips/" + $1) }
    #expect(bytes > clipLimit / 2 && bytes <= clipLimit, "clips have \(bytes) bytes")
    let clips = try database.rows("SELECT path FROM clips ORDER BY path", columns: 1).map { $0[0] }
    #expect(clips == files.filter { $0.hasSuffix(".wav") }.sorted().map { run.folder + "/clips/" + $0 })
    #expect(try database.integer("SELECT count(DISTINCT clip) FROM events") == Int64(clips.count))
    #expect(try database.rows("PRAGMA integrity_check", columns: 1) == [["ok"]])
    try ask(path)
  }

  /// Noise with an alarm's ten loud seconds now and then.
  private func sound(_ day: Int, _ random: inout SeededRandom) -> [Float] {
    let perHour = 3600 * Self.rate
    return (0..<24).flatMap { hour -> [Float] in
      let isAlarm = (day * 24 + hour + 1) % Self.hoursBetweenAlarms == 0
      return (0..<perHour).map { frame in
        let level: Float = isAlarm && frame / Self.rate / 10 == 60 ? 0.5 : 0.01
        return Float.random(in: -level...level, using: &random)
      }
    }
  }

  /// The last month of the history, as people ask for it.
  private func ask(_ path: String) throws {
    let shop = try Workshop()
    let end = HistoryTimeText.text(SimulatedTime.begin + Int64(days) * 86_400_000_000_000)
    let begin = HistoryTimeText.text(SimulatedTime.begin + Int64(days - 30) * 86_400_000_000_000)
    for question in [
      ["--kind", "score", "--every", "1h"], [], ["--kind", "alarm", "--format", "json"], ["--plot", "month.svg"],
    ] {
      let before = childSeconds()
      let outcome = try shop.run(
        BuildFolder.path + "/auscult", ["history", path, "--since", begin, "--until", end] + question)
      let seconds = childSeconds() - before
      #expect(outcome.status == 0, "\(outcome.err)")
      // gnuplot takes most of a figure's time.
      #expect(seconds < (question.first == "--plot" ? 3 : 1), "\(question) took \(seconds) s of processor time")
    }
  }
}

private enum HistoryTimeText {
  static func text(_ nanoseconds: Int64) -> String {
    ISO8601DateFormatter().string(from: Date(timeIntervalSince1970: Double(nanoseconds / 1_000_000_000)))
  }
}

private func size(_ path: String) -> Int {
  var status = stat()
  return stat(path, &status) == 0 ? Int(status.st_size) : 0
}

private func residentBytes() -> Int {
  let pages = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ")
  return (pages.flatMap { Int($0[1]) } ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// Processor time of child processes that have ended.
private func childSeconds() -> Double {
  var usage = rusage()
  getrusage(RUSAGE_CHILDREN.rawValue, &usage)
  return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
    + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}
