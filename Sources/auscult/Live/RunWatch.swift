import Foundation
import GraphEngine
import JACKDriver
import RunControl
import Synchronization

/// Takes the figures of a live run on the control thread, which alone may look at an engine whose graph changes, and
/// hands them to the control socket's.
final class RunWatch: @unchecked Sendable {
  /// How long the control thread may take, in seconds, before older figures have to do: it may be busy with a change.
  private static let patience = 0.25

  private let name: String
  private let server: String
  private let rate: Int
  private let engine: Engine
  private let control: DriverControl
  private let training: () -> JSONValue?
  private let monitor = HealthMonitor()
  private let began = ContinuousClock.now
  private let condition = NSCondition()
  private var last: RunFigures
  private var asked = 0
  private var answered = 0
  private var isOver = false

  /// Thread: control.
  ///
  /// - Parameter training: how far a training is; asked on the control thread.
  init(
    name: String, server: String, rate: Int, engine: Engine, control: DriverControl,
    training: @escaping () -> JSONValue?
  ) {
    self.name = name
    self.server = server
    self.rate = rate
    self.engine = engine
    self.control = control
    self.training = training
    last = RunFigures(
      name: name, server: server, rate: rate, began: began, engine: engine, control: control,
      machines: monitor.look(at: engine), training: training())
  }

  /// As it is now, or as it was at the end.
  ///
  /// Thread: any but control.
  var figures: RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    asked += 1
    let mine = asked
    control.wake()
    let deadline = Date(timeIntervalSinceNow: Self.patience)
    while answered < mine, !isOver, condition.wait(until: deadline) {}
    return last
  }

  /// Takes the figures anew. Thread: control.
  @discardableResult
  func update() -> RunFigures {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return last }
    last = RunFigures(
      name: name, server: server, rate: rate, began: began, engine: engine, control: control,
      machines: monitor.look(at: engine), training: training())
    answered = asked
    condition.broadcast()
    return last
  }

  /// Takes them for the last time, because the engine is about to be taken down. Thread: control.
  func freeze() -> RunFigures {
    let figures = update()
    condition.lock()
    isOver = true
    condition.unlock()
    return figures
  }
}
