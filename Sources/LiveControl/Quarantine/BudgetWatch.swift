import GraphEngine
import NumberText

/// Quarantines a node that overruns its budget again and again: on the realtime thread, calls that take too much of a
/// period while cycles end too late; on a worker, too much of the time while its queue loses tokens. Time in which the
/// thread only waited for a processor does not count: the computer's load is no node's fault.
///
/// The time of realtime nodes is measured only once cycles have ended too late, and for a while after.
///
/// Thread: control. Call `look` in every polling round.
final class BudgetWatch {
  /// The share of the time that a node may take on its thread: as in the probation of a swap.
  private static let share = SwapOptions().budget
  /// Between two looks.
  private static let window = Duration.seconds(1)
  /// A node that is over its budget in so many of the last `memory` windows is quarantined.
  private static let most = 5
  private static let memory = 10

  private let engine: Engine
  /// Frames per second.
  private let rate: Int
  private let now: () -> ContinuousClock.Instant
  private let waits: () -> [Int32: Int64]?
  private var last: Look?
  private var strikes: [String: [Int]] = [:]
  private var number = 0
  /// The window of the last late cycle.
  private var lastLate: Int?
  private var wasBusy = false

  private struct Look {
    var time: ContinuousClock.Instant
    var overruns: Int64
    var nanoseconds: [String: Int64]
    var dropped: [String: Int64]
    /// Nanoseconds that each thread has waited for a processor; nil: not known.
    var waits: [Int32: Int64]?
  }

  /// - Parameter waits: nanoseconds that each thread of this process has waited for a processor so far; nil: not known.
  init(
    _ engine: Engine, rate: Int, now: @escaping () -> ContinuousClock.Instant = { .now },
    waits: @escaping () -> [Int32: Int64]? = { RunDelay.nanoseconds }
  ) {
    self.engine = engine
    self.rate = rate
    self.now = now
    self.waits = waits
  }

  /// - Parameters:
  ///   - overruns: cycles that have ended too late so far.
  ///   - period: frames in a cycle.
  ///   - audioThread: the kernel's number of the realtime thread; 0: not known, and none of its nodes is judged.
  func look(overruns: Int64, period: Int, audioThread: Int32) {
    let time = now()
    guard time - (last?.time ?? time - Self.window) >= Self.window else { return }
    number += 1
    let next = facts(time, overruns)
    defer { last = next }
    guard let last, !engine.isSwapping else {
      strikes = [:]
      return
    }
    let isLate = overruns > last.overruns
    if isLate { lastLate = number }
    let measures = lastLate.map { number - $0 < Self.memory } ?? false
    let longest = engine.measuresRealtimeNodes ? engine.takeLongestCalls() : [:]
    engine.measuresRealtimeNodes = measures
    guard let before = last.waits, let after = next.waits else { return }
    // A thread that has begun since then has waited since its beginning; what one that has ended has waited is unknown.
    guard before.keys.allSatisfy({ after[$0] != nil }) else { return }
    let waited = after.mapValues(Double.init).merging(before.mapValues { -Double($0) }) { $0 + $1 }
    let window = Window(
      elapsed: Double((time - last.time) / .nanoseconds(1)), audioWaited: waited[audioThread],
      workersWaited: waited.filter { $0.key != audioThread }.values.max() ?? 0, isLate: isLate)
    judge(next, since: last, window, longest, period)
  }

  private func facts(_ time: ContinuousClock.Instant, _ overruns: Int64) -> Look {
    let statistics = engine.statistics
    let nodes = Dictionary(statistics.nodes.map { ($0.name, $0.nanoseconds) }) { max($0, $1) }
    let dropped = Dictionary(statistics.queues.map { ($0.to, $0.droppedTokens) }) { $0 + $1 }
    let elapsed = last.map { Double((time - $0.time) / .nanoseconds(1)) } ?? .infinity
    let isBusy = nodes.contains { name, nanoseconds in
      Double(nanoseconds - (last?.nanoseconds[name] ?? nanoseconds)) > Self.share * elapsed
    }
    // Looking costs time: only where somebody may be at fault.
    let isSuspicious = isBusy || wasBusy || engine.measuresRealtimeNodes
    wasBusy = isBusy
    return Look(
      time: time, overruns: overruns, nanoseconds: nodes, dropped: dropped, waits: isSuspicious ? waits() : nil)
  }

  private struct Window {
    /// Nanoseconds.
    var elapsed: Double
    /// The time that the realtime thread has waited for a processor; nil: not known.
    var audioWaited: Double?
    /// The longest that another thread has waited.
    var workersWaited: Double
    /// A cycle ended too late.
    var isLate: Bool
  }

  private func judge(_ next: Look, since last: Look, _ window: Window, _ longest: [String: Int64], _ period: Int) {
    let limit = Self.share * Double(period) / Double(rate) * 1e9
    for node in engine.statistics.nodes where !node.hasFailed {
      if node.placement == "realtime" {
        let time = Double(longest[node.name] ?? 0)
        guard window.isLate, let waited = window.audioWaited, time - waited > limit else { continue }
        strike(node.name, "a call took \(text(time / 1e6)) ms, of a period of \(text(limit / Self.share / 1e6)) ms")
      } else {
        let busy =
          Double((next.nanoseconds[node.name] ?? 0) - (last.nanoseconds[node.name] ?? 0)) - window.workersWaited
        let isLosing = next.dropped[node.name] ?? 0 > last.dropped[node.name] ?? 0
        guard isLosing, busy > Self.share * window.elapsed else { continue }
        strike(node.name, "it took \(text(busy / window.elapsed * 100)) % of the time, and tokens for it were dropped")
      }
    }
  }

  private func strike(_ node: String, _ words: String) {
    let recent = (strikes[node] ?? []).filter { number - $0 < Self.memory } + [number]
    strikes[node] = recent
    guard recent.count >= Self.most else { return }
    strikes[node] = nil
    engine.quarantine(
      node, because: "overran its budget in \(Self.most) of the last \(recent.last! - recent[0] + 1) s: \(words)")
  }

  private func text(_ number: Double) -> String { NumberText.plain(number, decimals: 1) }
}
