import GraphEngine
import JACKDriver
import RunControl
import Synchronization

/// What SIGHUP asks a live run for, as it asks daemons: outputs are closed and opened anew, for their files may have been
/// moved away, and the graph is read anew.
///
/// Thread: control, but for `flag`.
struct Hangup {
  /// That it has come. Any thread.
  final class Flag: Sendable {
    private let hasCome = Atomic<Bool>(false)
    private let control: DriverControl

    fileprivate init(_ control: DriverControl) { self.control = control }

    func raise() {
      hasCome.store(true, ordering: .relaxed)
      control.wake()
    }

    fileprivate func take() -> Bool { hasCome.exchange(false, ordering: .relaxed) }
  }

  let flag: Flag
  private let desk: ChangeDesk
  private let engine: Engine
  private let talk: Talk

  init(_ desk: ChangeDesk, _ engine: Engine, _ talk: Talk, _ control: DriverControl) {
    self.desk = desk
    self.engine = engine
    self.talk = talk
    flag = Flag(control)
  }

  /// On every tick.
  func look() {
    guard flag.take() else { return }
    talk.info("SIGHUP: outputs are opened anew, \(desk.source.file) is read anew")
    engine.reopenOutputs()
    var request = ChangeRequest(.apply)
    request.isWatched = true
    do {
      _ = try desk.board.post(request)
    } catch {
      talk.warning("\(desk.source.file) is not read anew: \(error)")
    }
  }
}
