import Foundation
import GraphEngine
import TestSupport
import Testing

/// A graph that replaces another one during a run, and the expected results.
struct SwapCase {
  var before: String
  var after: String
  /// [channel][frame]
  var sound: [[Float]]
  /// Frames that are fed before the swap begins.
  var at: Int
  /// Lost frames, and the frame of `sound` before which they are lost.
  var gap: (at: Int, frames: Int)?
  var options = SwapOptions()
  /// Until the exchange, the workers process everything before the control thread looks: a candidate that survives two
  /// looks can't fail before it.
  var looksInTime = false

  struct Outcome {
    var records: [String]
    var files: [String: Data]
    var status: SwapStatus?
    var log: [String]
    var statistics: EngineStatistics
  }

  /// Feeds piece by piece, with the control thread's looks in between, as in a live run.
  func run(_ random: inout SeededRandom, threads: Int? = nil) throws -> Outcome {
    let run = try HandRun(before, threads: threads)
    var done = 0
    var isApplied = false
    let total = sound[0].count
    while done < total {
      var next = min(total, done + Int.random(in: 100...6000, using: &random))
      if !isApplied && done < at { next = min(next, at) }
      if let gap, done < gap.at { next = min(next, gap.at) }
      if done == at && !isApplied {
        try run.engine.apply(run.graph(after), options: options)
        isApplied = true
      }
      if let gap, done == gap.at { run.driver.gap(gap.frames) }
      run.driver.feed(sound.map { Array($0[done..<next]) }) { random.period() }
      // A run by hand can end before the workers have looked once: sometimes they get the time of a live run.
      let getTime = Bool.random(using: &random) || done > total / 2
      let isBeforeExchange = run.engine.isSwapping && run.engine.swapStatus?.position == nil
      if getTime || (looksInTime && isBeforeExchange) { run.engine.drain() }
      run.engine.service()
      done = next
    }
    run.engine.drain()
    let statistics = run.engine.statistics
    run.driver.finish()
    return outcome(run, statistics)
  }

  /// One of the graphs alone, over all of the sound.
  func reference(_ text: String) throws -> Outcome {
    let run = try HandRun(text)
    for (index, part) in parts.enumerated() {
      if index > 0, let gap { run.driver.gap(gap.frames) }
      run.driver.feed(part, period: 1000)
    }
    run.engine.drain()
    let statistics = run.engine.statistics
    run.driver.finish()
    return outcome(run, statistics)
  }

  private var parts: [[[Float]]] {
    guard let gap else { return [sound] }
    return [sound.map { Array($0[..<gap.at]) }, sound.map { Array($0[gap.at...]) }]
  }

  private func outcome(_ run: HandRun, _ statistics: EngineStatistics) -> Outcome {
    var files: [String: Data] = [:]
    for name in (try? FileManager.default.contentsOfDirectory(atPath: run.folder)) ?? [] {
      files[name] = run.file(name)
    }
    return Outcome(
      records: run.records("log.jsonl").map(SwapCase.comparable), files: files, status: run.engine.swapStatus,
      log: run.messages, statistics: statistics)
  }

  /// A record without its node and its time of writing.
  static func comparable(_ line: String) -> String {
    line.replacing(#/"time":"[^"]*",/#, with: "").replacing(#/"generation":[0-9]+,/#, with: "")
  }

  static func end(_ line: String) -> Int { Int(line.firstMatch(of: #/"end":(-?[0-9]+)/#)!.1)! }

  /// The records of the two graphs alone, cut at the exchange: nothing lost, nothing repeated.
  func expected(at position: Int) throws -> [String] {
    let (old, new) = (try reference(before).records, try reference(after).records)
    return old.filter { Self.end($0) <= position } + new.filter { Self.end($0) > position }
  }
}
