import DetectorHost
import GraphEngine
import Synchronization

/// Notes the epochs that a class tells of while it learns, hands them on, and answers whether it is to go on.
///
/// Thread: any.
public final class CurveRecorder: Sendable {
  private let machines: [String]
  private let callbacks: WorkCallbacks
  private let share: ClosedRange<Double>
  private let last: Int?
  private let recorded = Mutex<[LearningCurve]>([])

  /// - Parameters:
  ///   - share: of all work that learning is, for progress.
  ///   - last: the epoch to end at, with the best so far; nil: the class's own.
  public init(machines: [String], callbacks: WorkCallbacks, share: ClosedRange<Double>, last: Int? = nil) {
    self.last = last
    self.machines = machines
    self.callbacks = callbacks
    self.share = share
  }

  public var curves: [LearningCurve] { recorded.withLock { $0 } }

  /// The number of the epoch at which a person ended it; nil: nobody's did.
  public var endedEarly: Int? { recorded.withLock { $0.compactMap(\.endedEarly).max() } }

  public var listener: TrainingListener {
    TrainingListener(
      progress: { [self] done, what in
        let isEmpty = recorded.withLock { $0.isEmpty }
        // An epoch says more.
        if isEmpty {
          callbacks.progress(share.lowerBound + done * (share.upperBound - share.lowerBound), "learning \(what)")
        }
        return callbacks.isCancelled() || isEmpty && callbacks.isEnding()
      }, epoch: { [self] in note($0) })
  }

  private func note(_ epoch: TrainingEpoch) -> TrainingListener.Answer {
    let isEnding = callbacks.isEnding() || last.map { epoch.number >= $0 } ?? false
    let name = epoch.machine.flatMap { $0 < machines.count ? machines[$0] : nil }
    let curve = recorded.withLock { curves in
      let index = curves.firstIndex { $0.machine == name } ?? curves.endIndex
      if index == curves.endIndex { curves.append(LearningCurve(machine: name)) }
      curves[index].append(epoch)
      if isEnding && epoch.number < epoch.last { curves[index].endedEarly = epoch.number }
      return curves[index]
    }
    callbacks.epoch(EpochNews(machine: machines.count > 1 ? name : nil, epoch: epoch, best: curve.kept?.number))
    if callbacks.isCancelled() { return .giveUp }
    return isEnding ? .keepBest : .goOn
  }
}

/// An epoch that is over, for whoever watches.
public struct EpochNews: Sendable {
  /// Nil: there is but one, or all are learned at once.
  public var machine: String?
  public var epoch: TrainingEpoch
  /// Number of the best so far, where tokens are held out to know it by.
  public var best: Int?
}
