import Foundation
import GraphEngine
import TestSupport
import Testing

/// Changes, candidates, failures and rollbacks in any order and at any moment: the graph in force at a slice's end
/// judges the slice, once; the generations of the records name these graphs and only grow. AUSCULT_CASES sets the
/// number of sequences; AUSCULT_SEQUENCE is the seed of a single one.
@Suite struct RandomRollbackTests {
  @Test func anyOrderOfChangesAndWaysBack() throws {
    let environment = ProcessInfo.processInfo.environment
    let cases = environment["AUSCULT_CASES"].flatMap { Int($0) } ?? 4
    let only = environment["AUSCULT_SEQUENCE"].flatMap { UInt64($0) }
    var random = SeededRandom.fresh()
    print("\(cases) sequences from seed \(random.seed)")
    var exchanges = 0
    for _ in 0..<cases {
      let sequence = try ChangeSequence(seed: only ?? UInt64.random(in: 0..<1_000_000_000, using: &random))
      exchanges += try sequence.run()
    }
    #expect(exchanges > cases * 3)
  }

  /// Back and there again, while the old nodes stand by and after they have gone.
  @Test(arguments: [5.0, 0.0]) func twiceUndoesItself(probation: Double) throws {
    var random = SeededRandom(seed: 19)
    let sound = SwapTests.sound(&random, frames: 160_000)
    let graphs = [SwapTests.graph(), SwapTests.graph(["step": "3", "weight": "2"])]
    let run = try HandRun(graphs[0])
    var options = SwapOptions()
    options.probation = probation
    var (positions, weights): ([Int], [Int]) = ([], [0, 1, 0, 1, 0])
    for start in stride(from: 0, to: 160_000, by: 1000) {
      if start == 20_000 { try run.engine.apply(run.graph(graphs[1]), options: options) }
      if start >= 40_000 && start % 20_000 == 0 && start <= 80_000 { try run.engine.rollback(options: options) }
      run.driver.feed(sound.map { Array($0[start..<start + 1000]) }, period: 250)
      run.engine.drain()
      run.engine.service()
      let status = run.engine.swapStatus
      for position in [status?.position, status?.returnPosition] {
        if let position, !positions.contains(Int(position)) { positions.append(Int(position)) }
      }
    }
    run.driver.finish()
    weights = Array(weights.prefix(positions.count + 1))
    #expect(positions.count == 4)
    let change = SwapCase(before: graphs[0], after: graphs[1], sound: sound, at: 0)
    let alone = try graphs.map { try change.reference($0).records }
    var expected: [String] = []
    for (index, graph) in weights.enumerated() {
      let from = index == 0 ? Int.min : positions[index - 1]
      let to = index < positions.count ? positions[index] : Int.max
      expected += alone[graph].filter { SwapCase.end($0) > from && SwapCase.end($0) <= to }
    }
    SwapTests.expectSame(run.records("log.jsonl").map(SwapCase.comparable), expected)
  }
}

/// One sequence, and the model of the expected results.
private final class ChangeSequence {
  private var random: SeededRandom
  private let seed: UInt64
  private let sound: [[Float]]
  private let hand: HandRun
  /// The graph in force, and the graph that `rollback` returns to.
  private var current: String
  private var previous: String?
  /// A change in progress: its graph, and whether a rollback was requested meanwhile.
  private var coming: (text: String, isUndone: Bool, isShadow: Bool)?
  /// The graph that judges from a frame position on, by generation.
  private var reigns: [Int: (from: Int, text: String)] = [:]

  init(seed: UInt64) throws {
    self.seed = seed
    var random = SeededRandom(seed: seed)
    sound = random.noise(channels: 2, frames: Int.random(in: 150_000...250_000, using: &random))
    current = ChangeSequence.graph(&random)
    hand = try HandRun(current, threads: [0, 2].randomElement(using: &random)!)
    self.random = random
    reigns[1] = (Int.min, current)
  }

  private static func graph(_ random: inout SeededRandom, isBad: Bool = false) -> String {
    let bad = ["nan", "fail", "overflow"].randomElement(using: &random)!
    return SwapTests.graph(
      [
        "step": ["2", "3"].randomElement(using: &random)!, "rows": ["5", "6"].randomElement(using: &random)!,
        "weight": ["1", "2"].randomElement(using: &random)!,
        "more": isBad ? ", bad_after: \(Int.random(in: 1...60, using: &random)), how: \(bad)" : "",
      ], thread: ["realtime", "worker"].randomElement(using: &random)!)
  }

  private var options: SwapOptions {
    var options = SwapOptions()
    options.budget = .infinity
    options.probation = 0.4
    return options
  }

  /// - Returns: how many graphs took over.
  func run() throws -> Int {
    var done = 0
    while done < sound[0].count {
      if Int.random(in: 0..<4, using: &random) == 0 { try act() }
      let next = min(sound[0].count, done + Int.random(in: 100...5000, using: &random))
      hand.driver.feed(sound.map { Array($0[done..<next]) }) { random.period() }
      if Bool.random(using: &random) { hand.engine.drain() }
      hand.engine.service()
      note()
      done = next
    }
    hand.driver.finish()
    note()
    try check()
    return reigns.count - 1
  }

  private func act() throws {
    let engine = hand.engine
    if engine.isSwapping {
      guard let stage = engine.swapStatus?.stage, stage != .retiring else { return }
      switch Int.random(in: 0..<4, using: &random) {
      case 0 where stage == .shadowing: engine.promote()
      case 1 where stage == .shadowing, 1 where stage == .probation: engine.endSwap()
      case 2 where stage != .shadowing:
        try engine.rollback()
        if engine.swapStatus?.reason == nil { coming?.isUndone = true }
      default: break
      }
      return
    }
    switch Int.random(in: 0..<6, using: &random) {
    case 0, 1:
      guard let previous else { return }
      try change(to: previous) { try $0.rollback(options: options) }
    case 2:
      let candidate = current.replacing(#/weight: [0-9]/#, with: "weight: 7").replacing(
        #/thread: [a-z]+/#, with: "thread: worker")
      var options = options
      options.isShadow = true
      guard candidate != current else { return }
      try change(to: candidate, isShadow: true) { try $0.apply(hand.graph(candidate), options: options) }
    case 3:
      let next = ChangeSequence.graph(&random, isBad: true)
      try change(to: next) { try $0.apply(hand.graph(next), options: options) }
    default:
      let next = ChangeSequence.graph(&random)
      try change(to: next) { try $0.apply(hand.graph(next), options: options) }
    }
  }

  private func change(to text: String, isShadow: Bool = false, _ action: (Engine) throws -> Void) throws {
    try action(hand.engine)
    if hand.engine.isSwapping { coming = (text, false, isShadow) }
  }

  /// Follows the change in progress.
  private func note() {
    guard let coming, let status = hand.engine.swapStatus else { return }
    if let position = status.position { reigns[status.generation] = (Int(position), coming.text) }
    if let position = status.returnPosition, let generation = status.returnGeneration {
      reigns[generation] = (Int(position), current)
    }
    guard !hand.engine.isSwapping else { return }
    if status.stage == .done {
      (previous, current) = (current, coming.text)
    } else if coming.isUndone && ["it was asked for", "it was given up before the exchange"].contains(status.reason) {
      previous = coming.text
    }
    self.coming = nil
  }

  private func check() throws {
    let order = reigns.sorted { $0.key < $1.key }
    #expect(zip(order, order.dropFirst()).allSatisfy { $0.value.from <= $1.value.from }, "seed \(seed)")
    var alone: [String: [String]] = [:]
    var expected: [String] = []
    let records = hand.records("log.jsonl").filter { $0.contains("\"kind\":\"score\"") }
    for (index, (generation, reign)) in order.enumerated() {
      let to = index + 1 < order.count ? order[index + 1].value.from : Int.max
      let good = reign.text.replacing(#/, bad_after: [0-9]+, how: [a-z]+/#, with: "")
      if alone[good] == nil {
        alone[good] = try SwapCase(before: good, after: "", sound: sound, at: 0).reference(good).records
      }
      let mine = alone[good]!.filter { SwapCase.end($0) > reign.from && SwapCase.end($0) <= to }
      let count = records.count { $0.contains("\"generation\":\(generation),") }
      // A node that fails judges until it does.
      expected += (reign.text == good ? mine : Array(mine.prefix(count))).map { "\(generation) \($0)" }
    }
    let found = records.map { line -> String in
      let generation = line.firstMatch(of: #/"generation":([0-9]+)/#)!.1
      return "\(generation) \(SwapCase.comparable(line))".replacing("\"flags\":[\"gap\"]", with: "\"flags\":[]")
    }
    SwapTests.expectSame(found, expected, "seed \(seed)")
  }
}
