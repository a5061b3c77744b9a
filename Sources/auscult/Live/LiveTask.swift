import GraphEngine
import GraphText
import JACKDriver
import RunControl

/// What a live run does before the whole graph runs, or in place of it: it trains, or adapts, on what the graph hears.
///
/// Thread: control.
protocol LiveTask: AnyObject {
  /// What runs at first.
  var graph: Graph { get }
  var wishes: LiveWishes { get }
  /// The whole graph runs: others may change it.
  var isOver: Bool { get }
  /// Why nobody may change the graph meanwhile.
  var refusal: String { get }
  /// How far it is, for `auscult status`; nil once the whole graph runs.
  var status: JSONValue? { get }

  /// On every tick.
  func look(_ engine: Engine, _ control: DriverControl)

  /// At the end of the run. Waits until nothing works any more.
  ///
  /// - Throws: why there is no result; `outcome` knows why the run has ended.
  func finish(after outcome: Result<Void, any Error>) throws
}

/// Makes it, for a driver's rate.
typealias LiveTaskMaker = (_ rate: Int, _ log: EngineLog, _ control: DriverControl) throws -> any LiveTask
