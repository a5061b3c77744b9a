import Glibc
import GraphEngine
import Synchronization
import Training

extension EpochReport {
  /// "fan-03  epoch 7/50  loss 0.0123  validation 0.0150  best 5"
  var line: String {
    var words = machine.map { [$0] } ?? []
    words.append("epoch \(epoch.number)/\(epoch.last)")
    words += LearningCurve.Series.allCases.compactMap { series in
      epoch[series].map { "\(series.title) \(Significant.text($0))" }
    }
    if let best { words.append("best \(best)") }
    return words.joined(separator: "  ")
  }
}

/// Shows epochs on a terminal: at a readable rate, and always the last possible one. Any thread.
final class EpochLine: Sendable {
  private static let interval = Duration.milliseconds(50)
  private let console: Console
  private let next = Mutex(ContinuousClock.now)

  init(_ console: Console) { self.console = console }

  func show(_ report: EpochReport) {
    let isDue = next.withLock { next in
      let now = ContinuousClock.now
      guard now >= next || report.epoch.number == report.epoch.last else { return false }
      next = now + Self.interval
      return true
    }
    if isDue { console.progress(report.line) }
  }
}

/// Learning curves as text: a line of blocks for each curve on a terminal, numbers in a pipe.
struct CurveText {
  let curves: [LearningCurve]
  let isTerminal: Bool

  /// Most columns of a line of blocks, and rows of numbers.
  private static let columns = 48
  private static let rows = 12

  var text: String { curves.filter { !$0.epochs.isEmpty }.map(text).joined(separator: "\n") }

  private func text(_ curve: LearningCurve) -> String {
    var lines = [headline(curve)]
    lines += isTerminal ? blocks(curve) : [table(curve)]
    return lines.joined(separator: "\n")
  }

  private func headline(_ curve: LearningCurve) -> String {
    let count = curve.epochs.last?.number ?? 0
    return (curve.machine.map { "\($0): " } ?? "") + Quantity.count(count, "epoch")
      + (curve.kept.map { ", the best was \($0.number)" } ?? "")
      + (curve.endedEarly.map { ", ended early at \($0) by request" } ?? "")
  }

  // MARK: A terminal

  /// Losses share a scale, which is logarithmic; accuracies go from 0 to 1.
  private func blocks(_ curve: LearningCurve) -> [String] {
    let losses = curve.series.filter(\.isLoss).flatMap { curve[$0].compactMap { $0 } }.filter { $0 > 0 }
    let scale = (log(losses.min() ?? 1), log(losses.max() ?? 1))
    let width = curve.series.map(\.title.count).max() ?? 0
    return curve.series.map { series in
      let values = thinned(curve[series].map { $0 ?? .nan }, to: Self.columns)
      let heights = values.map { value in
        series.isLoss ? (log(value) - scale.0) / max(scale.1 - scale.0, 1e-9) : value
      }
      let (first, last) = (curve[series].first ?? nil, curve[series].last ?? nil)
      return series.title.padded(to: width) + "  \(number(first).padded(to: 8)) \(String(heights.map(block))) "
        + number(last)
    }
  }

  private func block(_ height: Double) -> Character {
    guard height.isFinite else { return height == -.infinity ? "▁" : " " }
    return Array("▁▂▃▄▅▆▇█")[Int((max(0, min(1, height)) * 7).rounded())]
  }

  /// Of adjacent epochs, takes the last one.
  private func thinned(_ values: [Double], to most: Int) -> [Double] {
    guard values.count > most else { return values }
    return (1...most).map { values[$0 * values.count / most - 1] }
  }

  // MARK: A pipe

  private func table(_ curve: LearningCurve) -> String {
    var table = Table([("epoch", .right)] + curve.series.map { ($0.title, .right) })
    for index in chosen(curve) {
      table.add(["\(curve.epochs[index].number)"] + curve.series.map { number(curve[$0][index]) })
    }
    return table.text
  }

  /// Evenly spaced epochs, with the first, the best and the last.
  private func chosen(_ curve: LearningCurve) -> [Int] {
    let count = curve.epochs.count
    guard count > Self.rows else { return Array(0..<count) }
    let best = curve.epochs.firstIndex { $0.number == curve.best?.number }
    let even = (0..<Self.rows).map { $0 * (count - 1) / (Self.rows - 1) }
    return Set(even + (best.map { [$0] } ?? [])).sorted()
  }

  private func number(_ value: Double?) -> String { value.map { Significant.text($0) } ?? "-" }
}

extension String {
  fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
