import GraphEngine
import Synchronization

/// An engine that runs ahead, used for one file after the other.
final class AheadEngine: @unchecked Sendable {
  let log: AheadLog
  private let made = Mutex<Engine?>(nil)
  private let owner: Engine

  init(of owner: Engine, _ log: AheadLog) {
    self.owner = owner
    self.log = log
  }

  /// Made by the thread of its first job.
  var engine: Engine? { made.withLock { $0 } }

  /// Thread: that of its present job.
  func make() throws -> Engine {
    if let engine { return engine }
    let engine = try Engine(aheadOf: owner) { [log] in log.receive($0, $1, $2) }
    made.withLock { $0 = engine }
    return engine
  }
}
