import GraphEngine
import JACKDriver

/// Words what a live run counts and meets. Thread: control.
public protocol LiveRunReporter: AnyObject {
  /// The graph is about to run.
  ///
  /// - Parameter ports: short names, inputs first.
  func begin(_ figures: RunFigures, _ engine: Engine, ports: [String])
  func event(_ event: JACKEvent)
  /// What became of a change of the graph.
  func change(_ request: ChangeRequest, _ record: ChangeRecord)
  /// About ten times a second, also while the engine waits for a node.
  func update(_ figures: RunFigures, _ engine: Engine)
  /// The engine has stopped.
  func end(_ figures: RunFigures)
}
