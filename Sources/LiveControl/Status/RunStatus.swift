import Glibc
import GraphEngine
import RunControl
import SystemCalls

/// Collects the figures of a live run on the control thread, because only this thread may read an engine whose graph
/// changes, and hands them to the control server's thread.
public final class RunStatus: @unchecked Sendable {
  /// How long to wait for the control thread, in seconds, before older figures are used: it may be busy with a change.
  private static let patience = 0.25

  private let name: String
  private let rate: Int
  private let engine: Engine
  private let driver: () -> DriverFigures
  private let training: () -> LearningProgress?
  private let source: () -> GraphSource?
  private let quarantine: () -> [QuarantineState]
  private let wake: @Sendable () -> Void
  private let monitor = HealthMonitor()
  private let began = ContinuousClock.now
  private let condition = Condition()
  private var last: RunFigures
  private var asked = 0
  private var answered = 0
  private var isOver = false

  /// Thread: control.
  ///
  /// - Parameters:
  ///   - rate: frames per second.
  ///   - driver: called on the control thread, like `training`, which returns the progress of training, `source` and
  ///     `quarantine`.
  ///   - wake: makes the control thread call `update` soon.
  public init(
    name: String, rate: Int, engine: Engine, driver: @escaping () -> DriverFigures,
    training: @escaping () -> LearningProgress? = { nil }, source: @escaping () -> GraphSource? = { nil },
    quarantine: @escaping () -> [QuarantineState] = { [] }, wake: @escaping @Sendable () -> Void
  ) {
    self.name = name
    self.rate = rate
    self.engine = engine
    self.driver = driver
    self.training = training
    self.source = source
    self.quarantine = quarantine
    self.wake = wake
    last = RunFigures(
      name: name, rate: rate, seconds: 0, engine: engine, driver: driver(), machines: monitor.look(at: engine),
      training: training(), source: source(), quarantine: quarantine())
  }

  /// The present figures, or the last ones of an ended run.
  ///
  /// Thread: any but control.
  public var figures: RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    asked += 1
    let mine = asked
    wake()
    let deadline = Condition.Deadline(in: Self.patience)
    while answered < mine, !isOver, condition.wait(until: deadline) {}
    return last
  }

  /// Updates the figures. Thread: control.
  @discardableResult
  public func update() -> RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    last = RunFigures(
      name: name, rate: rate, seconds: (ContinuousClock.now - began) / .seconds(1), engine: engine, driver: driver(),
      machines: monitor.look(at: engine), training: training(), source: source(), quarantine: quarantine())
    answered = asked
    condition.broadcast()
    return last
  }

  /// Updates the figures for the last time, before the engine is destroyed. Thread: control.
  public func freeze() -> RunFigures {
    let figures = update()
    condition.lock()
    isOver = true
    condition.unlock()
    return figures
  }
}
