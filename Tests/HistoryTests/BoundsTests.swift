import Database
import Foundation
import History
import OutputFiles
import TestSupport
import Testing

/// A history keeps within its limits, whatever its age.
@Suite struct BoundsTests {
  private static let run = HistoryWriter.Run(node: "past", source: "live", began: SimulatedTime.begin)

  private func write(
    _ path: String, _ limits: HistoryLimits, days: Range<Int>, every: Double, check: (Int) throws -> Void = { _ in }
  ) throws {
    let file = HistoryFile(path: path, append: true, every: nil, limits: limits)
    defer { file.letGo() }
    try file.open()
    let perHour = Int(3600 / every)
    for hour in days.lowerBound * 24..<days.upperBound * 24 {
      var rows = (0..<perHour).map { index in
        SimulatedTime.row(second: Double(hour) * 3600 + Double(index) * every, score: Double(index % 10))
      }
      if hour % 48 == 0 {
        var alarm = rows[0]
        (alarm.kind, alarm.state, alarm.id) = ("alarm", "raised", "alarm-\(hour)")
        rows.append(alarm)
      }
      try file.write(rows, of: Self.run)
      try check(hour)
    }
  }

  @Test func sizeStaysWithinTheLimit() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    var most = 0
    try write(path, HistoryLimits(limit: 3 << 20), days: 0..<60, every: 20) { _ in
      most = max(most, size(path) + size(path + "-wal") + size(path + "-shm"))
    }
    #expect(most > 2 << 20 && most <= 3 << 20, "\(most) bytes")
    let database = try Connection(path, .readOnly, patience: 5)
    #expect(try database.integer("SELECT count(*) FROM events") == 30, "alarms outlive scores")
    #expect(try database.integer("SELECT count(*) FROM trend") == 60, "so does the trend")
    let newest = try database.rows("SELECT max(time) FROM scores", columns: 1)[0][0]
    #expect(newest.hasPrefix("2024-12-30T23:59"), "the latest scores are there: \(newest)")
    #expect(try database.rows("PRAGMA integrity_check", columns: 1) == [["ok"]])
  }

  /// An age beyond what nanoseconds can count keeps everything.
  @Test(arguments: [1e6, 1e20]) func aVeryLongAgeKeepsEverything(_ days: Double) throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    try write(path, HistoryLimits(keep: days * 86400), days: 0..<2, every: 600)
    let database = try Connection(path, .readOnly, patience: 5)
    #expect(try database.integer("SELECT count(*) FROM scores") == 288)
  }

  @Test func oldRowsAreDeleted() throws {
    let scratch = ScratchFolder()
    let path = scratch.file("a.sqlite")
    try write(path, HistoryLimits(keep: 3 * 86400), days: 0..<10, every: 60)
    let database = try Connection(path, .readOnly, patience: 5)
    for table in ["scores", "minutes", "events"] {
      let oldest = try database.rows("SELECT min(time) FROM \(table)", columns: 1)[0][0]
      #expect(oldest >= "2024-11-07T1" && oldest < "2024-11-09T1", "\(table): \(oldest)")
    }
    #expect(try database.integer("SELECT count(*) FROM trend") ?? 0 >= 10)
  }

  private func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}

@Suite struct DigestTests {
  /// Against the exact quantiles, for smooth, skewed and discrete values, in one digest and in two that are joined.
  @Test(arguments: [0, 1, 2]) func quantilesAreNear(_ shape: Int) throws {
    var random = SeededRandom(seed: 11)
    var (one, first, second) = (QuantileDigest(), QuantileDigest(), QuantileDigest())
    var values: [Double] = []
    for index in 0..<50_000 {
      let u = Double.random(in: 0..<1, using: &random)
      let value = shape == 0 ? 100 + u : shape == 1 ? -log(1 - u) : (u * 5).rounded(.down)
      values.append(value)
      one.add(value)
      if index < 20_000 { first.add(value) } else { second.add(value) }
    }
    first.add(second)
    values.sort()
    for digest in [one, first, try #require(QuantileDigest(bytes: one.bytes))] {
      #expect(digest.count == 50_000 && digest.bytes.count < 1000)
      for share in [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1] {
        let found = try #require(digest.quantile(share))
        let low = values[max(0, Int((share - 0.015) * 50_000))]
        let high = values[min(49_999, Int((share + 0.015) * 50_000))]
        #expect(found >= low - 0.51 * (shape == 2 ? 1 : 0) - 1e-9 && found <= high + 0.51 * (shape == 2 ? 1 : 0) + 1e-9)
      }
    }
  }

  @Test func damagedBytesAreNoDigest() {
    var digest = QuantileDigest()
    for value in 0..<1000 { digest.add(Double(value)) }
    let bytes = digest.bytes
    for count in 0..<bytes.count { #expect(QuantileDigest(bytes: Array(bytes.prefix(count))) == nil) }
    #expect(QuantileDigest(bytes: bytes) != nil && QuantileDigest().quantile(0.5) == nil)
  }
}
