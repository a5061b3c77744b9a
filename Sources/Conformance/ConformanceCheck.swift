import NodeHost

/// A named check of one class.
public struct ConformanceCheck: Sendable {
  public let name: String
  /// What it does and what it finds, in one sentence.
  public let summary: String
  /// Seconds of processor time for one step.
  let limit: Double
  /// Checks without which it says nothing: a class that fails one of them would fail this one for the same reason.
  let presumes: [String]
  let body: @Sendable (Trial) throws -> Void

  init(
    _ name: String, _ summary: String, limit: Double = 20, presumes: [String] = [],
    _ body: @escaping @Sendable (Trial) throws -> Void
  ) {
    self.name = name
    self.summary = summary
    self.limit = limit
    self.presumes = presumes
    self.body = body
  }

  /// In the order in which they run.
  public static let all: [ConformanceCheck] = [
    descriptor, life, bounds, order, unwritten, notFinite, levels, cut, beside, reset, state, parameters, tune,
    realtime, time,
    leaks, spans, training, model,
  ]

  public static func named(_ name: String) -> ConformanceCheck? { all.first { $0.name == name } }
}
