import Foundation
import JSONText
import TestSupport
import Testing

/// `auscult trend`, as typed.
@Suite struct TrendCommandTests {
  /// Ten days: pump-2 rises from 2 to 5.2 of 10, fan-00 stays, ram-1 falls, new-0 is two days old.
  private func shop() throws -> Workshop {
    let shop = try Workshop()
    var random = SeededRandom(seed: 5)
    var lines: [String] = []
    for day in 0..<10 {
      for index in 0..<60 {
        let second = Double(day) * 86400 + Double(index) * 600
        let noise = Double.random(in: -0.5...0.5, using: &random)
        lines.append(SimulatedTime.line(second: second, score: 2 + 3.2 * Double(day) / 9 + noise, machine: "pump-2"))
        lines.append(SimulatedTime.line(second: second, score: 2 + noise, machine: "fan-00"))
        lines.append(SimulatedTime.line(second: second, score: 5 - 0.3 * Double(day) + noise, machine: "ram-1"))
        if day > 7 { lines.append(SimulatedTime.line(second: second, score: 2, machine: "new-0")) }
      }
    }
    try shop.write("run.jsonl", lines.joined(separator: "\n"))
    #expect(try shop.auscult("history", "past.sqlite", "--import", "run.jsonl", "-q").status == 0)
    return shop
  }

  @Test func driftIsSaidInWords() throws {
    let shop = try shop()
    let outcome = try shop.auscult("trend", "past.sqlite")
    #expect(outcome.status == 0 && outcome.err.isEmpty, "\(outcome.err)")
    let rise = try #require(
      outcome.out.firstMatch(
        of:
          /the median of pump-2 has risen by (\d+) % of its distance to the threshold in 9 days; at this rate it reaches it in (\d+) days/
      ),
      "\(outcome.out)")
    #expect((36...44).contains(Int(rise.1)!) && (11...17).contains(Int(rise.2)!))
    #expect(outcome.out.contains("the median of fan-00 is steady over 9 days"))
    #expect(outcome.out.contains("the median of ram-1 has fallen by"))
    #expect(outcome.out.contains("the median of new-0 is known of 2 days: a trend needs 4"))
  }

  @Test func numbersAreThere() throws {
    let shop = try shop()
    let outcome = try shop.auscult("trend", "past.sqlite", "--json", "--machine", "pump-2", "--since", "2024-11-02")
    let machines = try #require(try JSONValue(parsing: Array(outcome.out.utf8.dropLast()))["machines"]?.array)
    #expect(machines.count == 1 && machines[0]["verdict"] == "rising" && machines[0]["span_days"] == 8)
    let days = try #require(machines[0]["days"]?.array)
    #expect(days.count == 9 && days[0]["day"] == "2024-11-02" && days[0]["count"] == 60)
    let median = try #require(days[0]["median"]?.number)
    #expect(abs(median - 2.36) < 0.3)
    #expect(days[0]["low"]!.number! < median && median < days[0]["high"]!.number!)
    #expect(days[0]["threshold"]?.number == 10)
  }

  @Test func figureIsDrawn() throws {
    let shop = try shop()
    let outcome = try shop.auscult("trend", "past.sqlite", "--plot", "trend.svg", "-q")
    #expect(outcome.status == 0, "\(outcome.err)")
    let figure = try shop.text("trend.svg")
    #expect(figure.contains("pump-2") && figure.contains("<title id=\"figure-title\">Scores of each day</title>"))
    #expect(figure.contains("the median of pump-2 has risen"))
  }

  /// A trend outlives the scores, and a new model begins a new series.
  @Test func aNewModelBeginsAnew() throws {
    let shop = try Workshop()
    var lines: [String] = []
    for day in 0..<10 {
      let model = day < 5 ? "sha256:aa" : "sha256:bb"
      for index in 0..<20 {
        let line = SimulatedTime.line(
          second: Double(day) * 86400 + Double(index), score: day < 5 ? 1 : 100 + Double(index % 3), machine: "fan-00",
          threshold: 1000)
        lines.append(String(line.dropLast()) + #","model":"\#(model)"}"#)
      }
    }
    try shop.write("run.jsonl", lines.joined(separator: "\n"))
    #expect(try shop.auscult("history", "past.sqlite", "--import", "run.jsonl", "-q").status == 0)
    let outcome = try shop.auscult("trend", "past.sqlite")
    #expect(outcome.out.contains("the median of fan-00 is steady over 4 days"), "\(outcome.out)")
    #expect(outcome.out.contains("another model judged it until 2024-11-05"))
  }
}
