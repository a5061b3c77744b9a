/// Reports once that a driver runs no cycle after the begin of a run: then nothing is heard, and no figure moves. PipeWire
/// does so without a session manager.
///
/// Thread: control.
struct FirstCycleWatch {
  /// Seconds. A period lasts at most 0.2 s.
  static let limit = 2.0

  private let tell: (LiveEvent) -> Void
  private let began = ContinuousClock.now
  private var isOver = false

  init(_ tell: @escaping (LiveEvent) -> Void) { self.tell = tell }

  /// Called in every polling round.
  mutating func look(_ figures: RunFigures) {
    if isOver || figures.driver.isWaitingForServer { return }
    let seconds = (ContinuousClock.now - began) / .seconds(1)
    if figures.statistics.cycles > 0 {
      isOver = true
    } else if seconds > Self.limit {
      isOver = true
      tell(.noCycle(server: figures.driver.server, seconds: Self.limit))
    }
  }
}
