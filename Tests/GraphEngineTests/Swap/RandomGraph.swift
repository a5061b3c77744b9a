import Foundation
import TestSupport

/// A random graph whose nodes all forget within a bounded time, changed at random.
struct RandomGraph {
  var channels = 1
  var rate: Int?
  var pick: Int?
  var length = 512
  var hop = 256
  var isCentered = true
  var bands = 8
  var isLevelled = false
  var rows = 4
  var step = 2
  /// Detectors by name: class, weight, thread.
  var judges: [String: (type: String, weight: Int, thread: String?)] = [:]
  var joinsPaths = false
  var sinkThread: String?

  init(_ random: inout SeededRandom) {
    channels = Int.random(in: 1...3, using: &random)
    for _ in 0..<6 { change(&random, isFirst: true) }
    judges["judge"] = RandomGraph.judge(&random)
  }

  private static func judge(_ random: inout SeededRandom) -> (String, Int, String?) {
    (
      ["test.judge", "test.peak"].randomElement(using: &random)!, Int.random(in: 1...5, using: &random),
      [nil, "worker"].randomElement(using: &random)!
    )
  }

  /// Changes one thing.
  mutating func change(_ random: inout SeededRandom, isFirst: Bool = false) {
    switch Int.random(in: 0..<(isFirst ? 9 : 14), using: &random) {
    case 0: rate = [nil, 16_000, 32_000].randomElement(using: &random)!
    case 1: pick = [nil, 0, 1].randomElement(using: &random)!
    case 2: length = [256, 512, 1024].randomElement(using: &random)!
    case 3: hop = [100, 128, 256, 300].randomElement(using: &random)!
    case 4: isCentered.toggle()
    case 5: bands = [4, 8, 20].randomElement(using: &random)!
    case 6: isLevelled.toggle()
    case 7: rows = Int.random(in: 1...8, using: &random)
    case 8: joinsPaths.toggle()
    case 9: step = Int.random(in: 1...6, using: &random)
    case 10, 11: judges["judge"] = RandomGraph.judge(&random)
    case 12: judges["other"] = judges["other"] == nil ? RandomGraph.judge(&random) : nil
    default: judges["another"] = judges["another"] == nil ? RandomGraph.judge(&random) : nil
    }
  }

  var text: String {
    var nodes = ["mic: { type: source, channels: \(channels) }"]
    var path = ["mic"]
    func add(_ name: String, _ content: String) {
      nodes.append("\(name): { \(content) }")
      path.append(name)
    }
    // Not a gain, which would be retuned in place: slices across the exchange would contain both values.
    if let pick { add("pick", "type: channels, pick: \(pick == 0 ? "[0]" : "[\(channels - 1), 0]")") }
    var links: [String] = []
    if joinsPaths {
      // Two paths of different latency that are joined again.
      nodes.append("up: { type: resample, rate: 96 kHz }")
      nodes.append("down: { type: resample, rate: 48 kHz }")
      links.append("\(path.last!) -> up -> down -> both")
      add("both", "type: mix, weights: [1, 1]")
    }
    if let rate { add("rate", "type: resample, rate: \(rate) Hz") }
    add("stft", "type: stft, length: \(length), hop: \(hop), center: \(isCentered)")
    add("mel", "type: mel, bands: \(bands)")
    if isLevelled { add("level", "type: normalize, mode: decibel, low: -80 dB, high: 0 dB") }
    add("slices", "type: slicer, length: \(rows) frames, hop: \(step) frames")
    nodes.append("log: { type: sink.jsonl, path: \"${env:OUT}/log.jsonl\" }")
    links.append(path.joined(separator: " -> "))
    for (name, judge) in judges.sorted(by: { $0.key < $1.key }) {
      let thread = judge.thread.map { ", thread: \($0)" } ?? ""
      nodes.append("\(name): { type: \(judge.type), library: \(SwapTests.library), weight: \(judge.weight)\(thread) }")
      links.append("slices -> \(name) -> log")
    }
    return """
      graph: random
      nodes:
      \(nodes.map { "  " + $0 }.joined(separator: "\n"))
      links:
      \(links.map { "  - " + $0 }.joined(separator: "\n"))
      """
  }
}
