import DetectorHost
import GraphEngine
import JSONText

/// The learning curve, epoch by epoch: of one machine, or of all together.
public struct LearningCurve: Sendable, Equatable {
  /// A quantity of the curve.
  public enum Series: String, Sendable, CaseIterable {
    case loss
    case validationLoss = "validation_loss"
    case accuracy
    case validationAccuracy = "validation_accuracy"

    public var isLoss: Bool { self == .loss || self == .validationLoss }
    /// As text.
    public var title: String {
      switch self {
      case .loss: "loss"
      case .validationLoss: "validation"
      case .accuracy: "accuracy"
      case .validationAccuracy: "validation accuracy"
      }
    }
  }

  /// Nil: all machines together.
  public var machine: String?
  /// In order. At most `most`, about evenly spaced: each time there are more, every other one is removed, except the
  /// best.
  public private(set) var epochs: [TrainingEpoch] = []
  /// More points show no more detail, and a model file stores them.
  public static let most = 4096
  /// Number of the epoch at which the user asked for the best so far.
  public var endedEarly: Int?

  public init(machine: String?) { self.machine = machine }

  public mutating func append(_ epoch: TrainingEpoch) {
    epochs.append(epoch)
    guard let loss = epoch.validationLoss ?? epoch.loss else { return }
    // A validation loss takes precedence.
    let isFirst = best.map { ($0.validationLoss == nil) != (epoch.validationLoss == nil) } ?? true
    if isFirst ? best == nil || epoch.validationLoss != nil : loss < (best!.validationLoss ?? best!.loss!) {
      best = epoch
    }
    if epochs.count >= Self.most { thin() }
  }

  private mutating func thin() {
    epochs = epochs.enumerated().filter { index, epoch in
      index % 2 == 1 || index == epochs.count - 1 || epoch.number == best?.number
    }.map(\.element)
  }

  /// One value for each epoch; nil where the class reported none.
  public subscript(series: Series) -> [Double?] { epochs.map { $0[series] } }

  /// The quantities that the class reported.
  public var series: [Series] { Series.allCases.filter { self[$0].contains { $0 != nil } } }

  /// The epoch with the least validation loss, or the least loss where nothing is held out; the first of several.
  public private(set) var best: TrainingEpoch?
  /// The best one where tokens are held out to determine it, which is the one kept. Otherwise the last.
  public var kept: TrainingEpoch? { best.flatMap { $0.validationLoss == nil ? nil : $0 } }

  /// Whether more epochs would have helped: over the last quarter of all planned epochs, the loss still fell by a tenth
  /// of its value, or by a twentieth of its whole fall; and for classifiers the accuracy rose.
  public var stillFalls: Bool {
    let losses = epochs.compactMap { $0.validationLoss ?? $0.loss }
    guard let end = epochs.last, end.number == end.last, losses.count >= 2 else { return false }
    let (before, after) = Self.lastQuarters(losses)
    let accuracies = epochs.compactMap { $0.validationAccuracy ?? $0.accuracy }
    if accuracies.count >= 2 {
      let (before, after) = Self.lastQuarters(accuracies)
      guard after > before + 0.01 else { return false }
    }
    return before - after > min(0.1 * before, 0.05 * (losses[0] - after)) && before > after
  }

  /// Means of the third and of the last quarter.
  private static func lastQuarters(_ values: [Double]) -> (Double, Double) {
    let quarter = max(1, values.count / 4)
    let mean = { (values: ArraySlice<Double>) in values.reduce(0, +) / Double(values.count) }
    return (mean(values.dropLast(quarter).suffix(quarter)), mean(values.suffix(quarter)))
  }

  //  MARK: In a model's metadata

  public var json: JSONValue {
    var members: [String: JSONValue] = [
      "epochs": .array(epochs.map { .integer(Int64($0.number)) }),
      "last": .integer(Int64(epochs.last?.last ?? 0)),
    ]
    for series in series { members[series.rawValue] = .array(self[series].map { $0.map { .number($0) } ?? .null }) }
    if let machine { members["machine"] = .text(machine) }
    if let best { members["best"] = .integer(Int64(best.number)) }
    if let endedEarly { members["ended_early"] = .integer(Int64(endedEarly)) }
    return .object(members)
  }

  /// Nil where the value is not a curve.
  public init?(_ json: JSONValue) {
    guard let numbers = json["epochs"]?.array?.map(\.integer), numbers.allSatisfy({ $0 != nil }) else { return nil }
    machine = json["machine"]?.text
    endedEarly = json["ended_early"]?.integer.map { Int($0) }
    let last = json["last"]?.integer.map { Int($0) } ?? numbers.count
    let columns = Series.allCases.map { json[$0.rawValue]?.array ?? [] }
    for (index, number) in numbers.enumerated() {
      let values = columns.map { index < $0.count ? $0[index].number : nil }
      append(
        TrainingEpoch(
          machine: nil, number: Int(number!), last: last, loss: values[0], validationLoss: values[1],
          accuracy: values[2], validationAccuracy: values[3]))
    }
  }

  /// The curves of a model.
  public static func of(_ training: JSONValue) -> [LearningCurve] {
    (training["curves"]?.array ?? []).compactMap { LearningCurve($0) }
  }
}

extension TrainingEpoch {
  public subscript(series: LearningCurve.Series) -> Double? {
    switch series {
    case .loss: loss
    case .validationLoss: validationLoss
    case .accuracy: accuracy
    case .validationAccuracy: validationAccuracy
    }
  }
}
