import TestSupport
import Testing

@Suite struct SliceTests {
  /// Slices of a stream whose values are their own row numbers.
  private func slices(_ count: Int, _ parameters: [String: String], period: () -> Int) throws -> RigStream {
    let rows = (0..<count).flatMap { [Float($0), -Float($0)] }
    return try chain(NormalizeTests.features(rows, columns: 2), [StreamRig("slicer", parameters)], period: period)
  }

  /// Lengths, hops and ends of any kind, by the definition.
  @Test func agreesWithTheDefinition() throws {
    var random = SeededRandom(printing: "slices")
    for _ in 0..<200 {
      let (length, hop) = (random.scaled(1...30), random.scaled(1...60))
      let count = random.scaled(0...200)
      let pads = Bool.random(using: &random)
      var starts = Array(stride(from: 0, through: count - length, by: hop))
      let covered = starts.last.map { $0 + length } ?? 0
      let next = starts.last.map { $0 + hop } ?? 0
      if pads && covered < count && next < count { starts.append(next) }
      let result = try slices(
        count, ["length": "\(length)", "hop": "\(hop)", "pad": "\(pads)", "fill": "-1"]
      ) { random.scaled(1...50) }
      let rows = starts.flatMap { Array($0..<($0 + length)) }
      let expected = rows.flatMap { row -> [Float] in row < count ? [Float(row), -Float(row)] : [-1, -1] }
      let isEqual = result.channels[0] == expected
      #expect(isEqual, "\(count) rows, length \(length), hop \(hop), pad \(pads)")
    }
  }

  /// The reference system E: int(0.6 s * 44100 / 512) = 51, int(51 * 0.2) = 10.
  @Test func lengthsAreCut() throws {
    let stft = try StreamRig("stft", ["length": "1024", "hop": "512"])
    let spectrum = try stft.configure(RigFormat(audioChannels: 1, rate: 44100))
    let power = try StreamRig("power").configure(spectrum)
    let slicer = try StreamRig("slicer", ["length": "0.6 s", "hop": "20 %"])
    let format = try slicer.configure(power).native
    #expect(format.rows == 51 && format.period == 10 * 512 && format.columns == 513)
    #expect(format.extent == 50 * 512 + 1024 && format.offset == -512)
    #expect(slicer.answer.latency == 50 * 512 && slicer.answer.history == 51 * 512 && slicer.burst == 0)
    #expect(format.frequencies[512] == 22050)
    // A product that is whole except for rounding: 0.29 s of 100 rows a second are 28.999999999999996.
    let rows = try StreamRig("slicer", ["length": "0.29 s", "hop": "0.1 s"]).configure(
      NormalizeTests.features([], columns: 2).format)
    #expect(rows.native.rows == 29 && rows.native.period == 10 * 80)
  }

  @Test(arguments: [
    (["length": "2.5"], "length: 2.5 is not a whole number of analysis frames"),
    (["length": "1 ms"], "length: length is 0.0 analysis frames; it must be 1 to 1048576"),
    (["length": "4", "hop": "20 %"], "hop: hop is 0.0 analysis frames; it must be 1 to 1048576"),
  ]) func refuses(_ parameters: [String: String], _ message: String) throws {
    let problem = #expect(throws: StreamRig.Problem.self) { try slices(1, parameters) { 1 } }
    #expect(problem?.description == message)
  }

  @Test func statisticsAgreeWithTheDefinition() throws {
    var random = SeededRandom(printing: "statistics")
    for _ in 0..<50 {
      let (rows, columns) = (random.scaled(2...50), random.scaled(1...20))
      let values = random.values(rows * columns)
      let result = try chain(
        NormalizeTests.features(values, columns: columns, rows: rows),
        [StreamRig("statistics", ["of": "mean+std+min+max+median"])]
      ) { 1 }
      #expect(result.format.native.kind == 4 && result.format.native.rows == 1)
      for column in 0..<columns {
        let sorted = (0..<rows).map { Double(values[$0 * columns + column]) }.sorted()
        let mean = sorted.reduce(0, +) / Double(rows)
        let variance = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(rows)
        let median = (sorted[(rows - 1) / 2] + sorted[rows / 2]) / 2
        let expected = [mean, variance.squareRoot(), sorted[0], sorted[rows - 1], median].map { Float($0) }
        let own = (0..<5).map { result.channels[0][$0 * columns + column] }
        #expect(difference(own, expected) < 1e-6)
      }
    }
  }

  @Test func refusesUnknownStatistics() throws {
    let problem = #expect(throws: StreamRig.Problem.self) { try StreamRig("statistics", ["of": "mean+mode"]) }
    #expect(
      problem?.description == "of: there is no statistic 'mode'; use mean, std, min, max, median, joined by +")
  }
}
