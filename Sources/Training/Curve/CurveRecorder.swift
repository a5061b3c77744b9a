import DetectorHost
import GraphEngine
import Synchronization

/// Records the epochs that a class reports while it learns, passes them on, and decides whether it continues.
///
/// Thread: any.
public final class CurveRecorder: Sendable {
  private let machines: [String]
  private let callbacks: WorkCallbacks
  private let share: ClosedRange<Double>
  private let last: Int?
  private let recorded = Mutex<[LearningCurve]>([])

  /// - Parameters:
  ///   - share: learning's part of all work, for progress.
  ///   - last: the epoch to end at, with the best so far; nil: the class decides.
  public init(machines: [String], callbacks: WorkCallbacks, share: ClosedRange<Double>, last: Int? = nil) {
    self.last = last
    self.machines = machines
    self.callbacks = callbacks
    self.share = share
  }

  public var curves: [LearningCurve] { recorded.withLock { $0 } }

  /// The number of the epoch at which the user ended learning; nil: the user did not.
  public var endedEarly: Int? { recorded.withLock { $0.compactMap(\.endedEarly).max() } }

  public var listener: TrainingListener {
    TrainingListener(
      progress: { [self] done, what in
        let isEmpty = recorded.withLock { $0.isEmpty }
        // An epoch tells more.
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
    callbacks.epoch(EpochReport(machine: machines.count > 1 ? name : nil, epoch: epoch, best: curve.kept?.number))
    if callbacks.isCancelled() { return .giveUp }
    return isEnding ? .keepBest : .goOn
  }
}

/// A finished epoch, for observers.
public struct EpochReport: Sendable {
  /// Nil: there is only one machine, or all are learned together.
  public var machine: String?
  public var epoch: TrainingEpoch
  /// Number of the best epoch so far, if tokens are held out to determine it.
  public var best: Int?
}
