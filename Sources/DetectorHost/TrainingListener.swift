import CNodeABI
import GraphCompiler
import GraphEngine

/// An epoch of a training: one pass of the class over its tokens. Losses are means per value.
public struct TrainingEpoch: Sendable, Equatable {
  /// Index into the training's machines; nil: all of them at once.
  public var machine: Int?
  /// From 1. Further rounds continue the count.
  public var number: Int
  /// Number of the last epoch that this fit may reach.
  public var last: Int
  /// Nil if the class reported none, or a value that is not finite.
  public var loss: Double?
  public var validationLoss: Double?
  /// For classifiers, from 0 to 1.
  public var accuracy: Double?
  public var validationAccuracy: Double?

  public init(
    machine: Int?, number: Int, last: Int, loss: Double?, validationLoss: Double?, accuracy: Double?,
    validationAccuracy: Double?
  ) {
    self.machine = machine
    self.number = number
    self.last = last
    self.loss = loss
    self.validationLoss = validationLoss
    self.accuracy = accuracy
    self.validationAccuracy = validationAccuracy
  }

  init(_ native: auscult_epoch) {
    let finite = { (value: Double) in value.isFinite ? value : nil }
    machine = native.machine < 0 ? nil : Int(native.machine)
    number = Int(native.number)
    last = Int(native.last)
    loss = finite(native.loss)
    validationLoss = finite(native.validation_loss)
    accuracy = finite(native.accuracy)
    validationAccuracy = finite(native.validation_accuracy)
  }
}

/// Receives a class's reports of progress, on the thread that trains.
public final class TrainingListener: Sendable {
  /// The answer to the class.
  public enum Answer: Int32, Sendable {
    case goOn = 0
    /// End soon, successfully, with the best result so far.
    case keepBest = 1
    /// Fail.
    case giveUp = 2
  }

  /// Receives the progress, from 0 to 1, and a text; true: give up.
  let progress: @Sendable (Double, String) -> Bool
  let epoch: @Sendable (TrainingEpoch) -> Answer

  public init(
    progress: @escaping @Sendable (Double, String) -> Bool,
    epoch: @escaping @Sendable (TrainingEpoch) -> Answer = { _ in .goOn }
  ) {
    self.progress = progress
    self.epoch = epoch
  }

  static func of(_ context: UnsafeMutableRawPointer) -> TrainingListener {
    Unmanaged<TrainingListener>.fromOpaque(context).takeUnretainedValue()
  }
}
