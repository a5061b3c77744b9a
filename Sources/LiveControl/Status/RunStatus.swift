import Foundation
import GraphEngine
import RunControl

/// Takes the figures of a live run on the control thread, which alone may look at an engine whose graph changes, and
/// hands them to the control socket's.
public final class RunStatus: @unchecked Sendable {
  /// How long the control thread may take, in seconds, before older figures have to do: it may be busy with a change.
  private static let patience = 0.25

  private let name: String
  private let rate: Int
  private let engine: Engine
  private let driver: () -> DriverFigures
  private let training: () -> LearningProgress?
  private let wake: @Sendable () -> Void
  private let monitor = HealthMonitor()
  private let began = ContinuousClock.now
  private let condition = NSCondition()
  private var last: RunFigures
  private var asked = 0
  private var answered = 0
  private var isOver = false

  /// Thread: control.
  ///
  /// - Parameters:
  ///   - rate: frames per second.
  ///   - driver: asked on the control thread, as is `training`: how far a training is.
  ///   - wake: has the control thread call `update` soon.
  public init(
    name: String, rate: Int, engine: Engine, driver: @escaping () -> DriverFigures,
    training: @escaping () -> LearningProgress? = { nil }, wake: @escaping @Sendable () -> Void
  ) {
    self.name = name
    self.rate = rate
    self.engine = engine
    self.driver = driver
    self.training = training
    self.wake = wake
    last = RunFigures(
      name: name, rate: rate, seconds: 0, engine: engine, driver: driver(), machines: monitor.look(at: engine),
      training: training())
  }

  /// As it is now, or as it was at the end.
  ///
  /// Thread: any but control.
  public var figures: RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    asked += 1
    let mine = asked
    wake()
    let deadline = Date(timeIntervalSinceNow: Self.patience)
    while answered < mine, !isOver, condition.wait(until: deadline) {}
    return last
  }

  /// Takes the figures anew. Thread: control.
  @discardableResult
  public func update() -> RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    last = RunFigures(
      name: name, rate: rate, seconds: (ContinuousClock.now - began) / .seconds(1), engine: engine, driver: driver(),
      machines: monitor.look(at: engine), training: training())
    answered = asked
    condition.broadcast()
    return last
  }

  /// Takes them for the last time, because the engine is about to be taken down. Thread: control.
  public func freeze() -> RunFigures {
    let figures = update()
    condition.lock()
    isOver = true
    condition.unlock()
    return figures
  }
}
