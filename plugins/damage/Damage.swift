import NodeKit

/// Turns errors into damage, 0 to 100 %, with one of five labels.
///
/// With e an error and t the threshold:
/// - *first*: 100 min(e / t, 1). A healthy machine shows more than 0.
/// - *later*: 0 where e <= t; else 100 clip((e - t) / max(m - t, 1e-6), 0, 1). m is the 95th percentile of the last 100
///   errors above t, the current one included; until there are five, m is t + |t|: twice the threshold is 100 %.
///
/// Scores marked silent or clipped get a value, but do not change m. A gap changes nothing: no error spans it, and the
/// errors before it are valid.
final class Damage: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "damage", version: "1.0.0", summary: "Damage from 0 to 100 % with a label, for each channel.", realtime: .hard,
      inputs: [PortDeclaration("in", .score, "Errors of a detector")],
      outputs: [PortDeclaration("out", .score, "Damage in per cent; its class is the label")],
      parameters: [
        .choice(
          "form",
          "first: in proportion to the error; later: the excess over theta, relative to the largest recent errors",
          of: ["first", "later"], default: "later"),
        .number(
          "theta",
          "Error at which damage begins (first: at which it is 100 %); score: the score's own threshold",
          default: "score", words: ["score"]),
        .number(
          "alarm_at", "Damage above it is anomalous", unit: .percent, default: "50 %", range: 0...100),
      ])
  }

  /// The label of a value: at 0, up to 25, 50 and 75 %, and above.
  static let labels = ["none", "slight", "moderate", "severe", "critical"]

  private let isFirst: Bool
  private let theta: Double?
  private let alarm: Double
  private var channels = 0
  private let memory = NodeMemory()
  private var windows: UnsafeMutablePointer<ErrorWindow>?

  required init(_ arguments: Arguments) throws {
    isFirst = arguments.text("form") == "first"
    theta = arguments["theta"]?.number
    alarm = arguments.number("alarm_at")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    channels = setup.input.channels
    answer.output.format.kind = .score
    answer.output.format.stampedByNode = true
    // Nodes before this one may hold scores back and deliver them in one call.
    answer.output.burst = 64
    answer.history = 0
    // A new instance has another scale until it has heard a hundred errors.
    answer.reach = isFirst ? 0 : nil
    answer.classNames = Self.labels
    answer.memory = channels * 2 * ErrorWindow.length * MemoryLayout<Double>.stride
  }

  override func activate() throws {
    memory.free()
    windows = memory.array((0..<channels).map { _ in ErrorWindow(memory) })
  }

  override func deactivate() {
    windows = nil
    memory.free()
  }

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    let (input, output) = (cycle.input, cycle.output)
    guard input.count <= output.capacity else {
      return cycle.fail("more scores arrived at once than their format allows")
    }
    for token in 0..<input.count {
      output.head(token).pointee = input.head(token).pointee
      for channel in 0..<channels {
        var score = input.score(token, channel).pointee
        let limit = theta ?? score.threshold
        let damage = damage(score.score, limit, channel, input.marks(token, channel).isUsable)
        score.score = damage
        score.threshold = alarm
        score.class_index = label(damage)
        score.probability = 1
        output.score(token, channel).pointee = score
      }
    }
    output.count = input.count
  }

  @_noLocks @_noAllocation
  private func damage(_ error: Double, _ limit: Double, _ channel: Int, _ isMeasure: Bool) -> Double {
    if isFirst { return full(error, limit) }
    guard error > limit else { return 0 }
    let windows = windows.unsafelyUnwrapped
    if isMeasure { windows[channel].add(error) }
    let most = windows[channel].hasScale ? windows[channel].scale : limit + abs(limit)
    return 100 * min(max((error - limit) / max(most - limit, 1e-6), 0), 1)
  }

  /// With a threshold that is not above 0 there is nothing to divide by: any error above it is full damage.
  @_noLocks @_noAllocation
  private func full(_ error: Double, _ limit: Double) -> Double {
    guard limit > 0 else { return error > limit ? 100 : 0 }
    return 100 * min(max(error / limit, 0), 1)
  }

  @_noLocks @_noAllocation
  private func label(_ damage: Double) -> Int32 {
    if damage <= 0 { return 0 }
    if damage <= 25 { return 1 }
    if damage <= 50 { return 2 }
    return damage <= 75 ? 3 : 4
  }
}
