import GraphEngine
import GraphText

/// What a live run does before the whole graph runs, or in place of it: it trains, or adapts, on what the graph hears.
///
/// Thread: control.
public protocol LiveTask: AnyObject {
  /// What runs at first.
  var graph: Graph { get }
  var endRequests: EndRequests { get }
  /// The whole graph runs: others may change it.
  var isOver: Bool { get }
  /// Why nobody may change the graph meanwhile.
  var refusal: String { get }
  /// How far it is; nil once the whole graph runs.
  var progress: LearningProgress? { get }

  /// In every polling round.
  ///
  /// - Parameter stop: ends the run.
  func look(_ engine: Engine, stop: () -> Void)

  /// At the end of the run. Waits until nothing works any more.
  ///
  /// - Throws: why there is no result; `outcome` knows why the run has ended.
  func finish(after outcome: Result<Void, any Error>) throws
}

/// Makes a task for a driver.
///
/// - Parameters:
///   - rate: frames per second.
///   - wake: has the control thread call `look` soon. Any thread.
public typealias LiveTaskMaker = (_ rate: Int, _ wake: @escaping @Sendable () -> Void) throws -> any LiveTask
