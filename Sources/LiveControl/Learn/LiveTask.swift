import GraphEngine
import GraphText

/// Training or adaptation on the graph's input, before the whole graph runs, or instead of it.
///
/// Thread: control.
public protocol LiveTask: AnyObject {
  /// The graph that runs first.
  var graph: Graph { get }
  var endRequests: EndRequests { get }
  /// The whole graph runs: commands may change it.
  var isOver: Bool { get }
  /// Why commands may not change the graph meanwhile.
  var refusal: String { get }
  /// The progress; nil once the whole graph runs.
  var progress: LearningProgress? { get }

  /// Called in every polling round.
  ///
  /// - Parameter stop: ends the run.
  func look(_ engine: Engine, stop: () -> Void)

  /// Called at the end of the run. Waits until all work has ended.
  ///
  /// - Throws: why there is no result; `outcome` says why the run has ended.
  func finish(after outcome: Result<Void, any Error>) throws
}

/// Makes a task for a driver.
///
/// - Parameters:
///   - rate: frames per second.
///   - wake: makes the control thread call `look` soon. Any thread.
public typealias LiveTaskMaker = (_ rate: Int, _ wake: @escaping @Sendable () -> Void) throws -> any LiveTask
