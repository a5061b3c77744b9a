import GraphEngine
import JACKDriver

/// Words the figures and events of a live run. Thread: control.
public protocol LiveRunReporter: AnyObject {
  /// The graph is about to run.
  ///
  /// - Parameter ports: short names, inputs first.
  func begin(_ figures: RunFigures, _ engine: Engine, ports: [String])
  func event(_ event: JACKEvent)
  /// The result of a change of the graph.
  func change(_ request: ChangeRequest, _ record: ChangeRecord)
  /// Called about ten times a second, also while the engine waits for a node.
  func update(_ figures: RunFigures, _ engine: Engine)
  /// The engine has stopped.
  func end(_ figures: RunFigures)
}
