import Foundation
import Synchronization

/// The activation of one node, which may take long: on a thread of its own, waited for so long and no longer.
final class Activation: @unchecked Sendable {
  enum Outcome {
    case done
    case failed(NodeFailure)
    case late
  }

  private let condition = NSCondition()
  private var outcome: Outcome?
  private var isAbandoned = false

  init(_ runtime: NodeRuntime) {
    let thread = Thread { [self] in
      var result = Outcome.done
      do {
        try runtime.instance.activate()
      } catch {
        result = .failed(error as? NodeFailure ?? NodeFailure(text: "\(error)", parameter: nil))
      }
      condition.lock()
      outcome = result
      // Nobody waits any more: the node goes as soon as it has come.
      if isAbandoned { runtime.instance.deactivate() }
      condition.signal()
      condition.unlock()
    }
    thread.name = "auscult-activate"
    thread.start()
  }

  /// Thread: control.
  func wait(seconds: Double) -> Outcome {
    let deadline = Date(timeIntervalSinceNow: seconds)
    condition.lock()
    defer { condition.unlock() }
    while outcome == nil { if !condition.wait(until: deadline) { break } }
    if outcome == nil { isAbandoned = true }
    return outcome ?? .late
  }

  /// After a failure: what is active is deactivated again. A node that is still at it is left to its thread.
  static func takeBack(_ runtime: NodeRuntime) {
    if runtime.instance.state == .active { runtime.instance.deactivate() }
  }
}
