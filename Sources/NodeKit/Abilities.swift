import CNodeABI

/// A node that learns from tokens: `trainer/1`. The host calls `begin`, `take` for each machine, `fit`, `write`, and
/// finally `endTraining`, also after an error.
///
/// Thread: control, not active.
public protocol Trainable: Node {
  /// A classifier: gets the tokens of all labels. Otherwise gets normal tokens only.
  static var learnsLabels: Bool { get }
  /// Draws random numbers, so that another seed may give another model. Otherwise a comparison of seeds trains it once.
  static var drawsBySeed: Bool { get }
  /// Reads tokens only by `Examples.row`: tokens that overlap then share memory. Otherwise gets them as one array,
  /// `Examples.values`.
  static var takesViews: Bool { get }
  func begin(_ training: Training) throws
  func take(_ examples: Examples) throws
  func fit() throws
  func write(_ writer: ModelWriter) throws
  func endTraining()
}

/// A node that learns in rounds: the host may call `take` and `fit` again with further tokens. Weights and the
/// optimiser's state stay, earlier tokens are dropped. `write` gives the best result of the last round.
public protocol LearnsInRounds: Trainable {}

extension Trainable {
  public static var drawsBySeed: Bool { true }
  public static var takesViews: Bool { false }
}

/// A node that tells which bands and which moment make a token's score: `explain/1`.
public protocol Explaining: Node {
  /// Adds each band's part [columns] and each moment's part [rows] of a token's score. `token` is [rows x columns];
  /// both results are 0 at the call. Thread: control, active; no `process` runs meanwhile.
  func explain(
    channel: Int, token: UnsafePointer<Float>, bands: UnsafeMutablePointer<Float>,
    moments: UnsafeMutablePointer<Float>) throws
}

/// A node that reconstructs a token from its model's compressed form.
public protocol Reconstructing: Explaining {
  /// Writes the reconstructed token in the token's units, both [rows x columns]. Thread: control, active; no `process`
  /// runs meanwhile.
  func reconstruct(channel: Int, token: UnsafePointer<Float>, into reconstruction: UnsafeMutablePointer<Float>) throws
}

/// A node that reports figures about what it has learned: `report/1`.
public protocol Reporting: Node {
  /// Calls `figure` with the subject (a machine, or ""), name and value of a figure. Thread: control, not active.
  func report(_ figure: (_ of: String, _ name: String, _ value: Double) -> Void) throws
}

/// A class whose instances are programs of the user: `program/1`. The host never creates such a node.
public protocol RunsAsProgram: Node {}

/// A node whose running state can be saved and restored: `state/1`.
public protocol StateKeeping: Node {
  /// What was heard and learned, as bytes. Thread: control, active; no `process` runs meanwhile.
  func saveState() throws -> [UInt8]
  /// Restores a state; throws if the bytes are not a state of this node. Thread: control, active.
  func restoreState(_ bytes: UnsafeRawBufferPointer) throws
}

/// The answer of `auscult_class.extension` for a class in Swift.
func ability(_ name: String, of type: Node.Type) -> UnsafeRawPointer? {
  switch name {
  case AUSCULT_TRAINER:
    guard let trainable = type as? any Trainable.Type else { return nil }
    return tables.trainers[
      trainerFlags(
        hasLabels: trainable.learnsLabels, hasRounds: type is any LearnsInRounds.Type,
        hasSeed: trainable.drawsBySeed, hasViews: trainable.takesViews)]
  case AUSCULT_EXPLAIN:
    if type is any Reconstructing.Type { return tables.reconstruct }
    return type is any Explaining.Type ? tables.explain : nil
  case AUSCULT_REPORT: return type is any Reporting.Type ? tables.report : nil
  case AUSCULT_STATE: return type is any StateKeeping.Type ? tables.state : nil
  case AUSCULT_PROGRAM: return type is any RunsAsProgram.Type ? tables.program : nil
  default: return nil
  }
}

/// One function table per ability, for all classes. They live as long as the process.
private struct AbilityTables: @unchecked Sendable {
  let trainers = Dictionary(
    uniqueKeysWithValues: (0..<16).map { bits in
      let flags = trainerFlags(
        hasLabels: bits & 1 != 0, hasRounds: bits & 2 != 0, hasSeed: bits & 4 != 0, hasViews: bits & 8 != 0)
      return (flags, UnsafeRawPointer(constant(trainerTable(flags: flags))))
    })
  let explain = UnsafeRawPointer(constant(explainTable(makesTokens: false)))
  let reconstruct = UnsafeRawPointer(constant(explainTable(makesTokens: true)))
  let report = UnsafeRawPointer(constant(reportTable()))
  let state = UnsafeRawPointer(constant(stateTable()))
  /// It has no functions.
  let program = UnsafeRawPointer(constant(UInt32(0)))
}

private let tables = AbilityTables()

private func trainerFlags(hasLabels: Bool, hasRounds: Bool, hasSeed: Bool, hasViews: Bool) -> UInt32 {
  (hasLabels ? AUSCULT_TRAINER_LABELS : 0) | (hasRounds ? AUSCULT_TRAINER_ROUNDS : 0)
    | (hasSeed ? 0 : AUSCULT_TRAINER_SEEDLESS) | (hasViews ? AUSCULT_TRAINER_VIEWS : 0)
}

/// Runs the body on an instance's node as `T`, and writes what it throws to the error.
func attempt<T>(
  _ pointer: UnsafeMutableRawPointer?, as type: T.Type, _ error: UnsafeMutablePointer<auscult_error>?,
  _ body: (T) throws -> Void
) -> auscult_status {
  attempt(error) {
    guard let node = instance(pointer!).node as? T else { throw NodeError("does not have this ability") }
    try body(node)
  }
}

private func explainTable(makesTokens: Bool) -> auscult_explain {
  auscult_explain(
    size: UInt32(MemoryLayout<auscult_explain>.size), reserved: 0,
    explain: { pointer, channel, token, bands, moments, error in
      attempt(pointer, as: (any Explaining).self, error) {
        try $0.explain(channel: Int(channel), token: token!, bands: bands!, moments: moments!)
      }
    }, reconstruct: makesTokens ? reconstruct : nil)
}

private func reconstruct(
  _ pointer: UnsafeMutableRawPointer?, _ channel: UInt32, _ token: UnsafePointer<Float>?,
  _ reconstruction: UnsafeMutablePointer<Float>?, _ error: UnsafeMutablePointer<auscult_error>?
) -> auscult_status {
  attempt(pointer, as: (any Reconstructing).self, error) {
    try $0.reconstruct(channel: Int(channel), token: token!, into: reconstruction!)
  }
}

private func reportTable() -> auscult_report {
  auscult_report(
    size: UInt32(MemoryLayout<auscult_report>.size), reserved: 0,
    report: { pointer, sink, error in
      attempt(pointer, as: (any Reporting).self, error) { node in
        try node.report { of, name, value in
          of.withCString { of in name.withCString { sink!.pointee.figure(sink, of, $0, value) } }
        }
      }
    })
}

/// A state belongs to an active instance.
private func attemptActive(
  _ pointer: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<auscult_error>?,
  _ body: (any StateKeeping) throws -> Void
) -> auscult_status {
  attempt(pointer, as: (any StateKeeping).self, error) { node in
    guard instance(pointer!).isActive else { throw NodeError("is not active: it has no state to save or restore") }
    try body(node)
  }
}

private func stateTable() -> auscult_state {
  auscult_state(
    size: UInt32(MemoryLayout<auscult_state>.size), reserved: 0,
    save: { pointer, sink, error in
      attemptActive(pointer, error) { node in
        let bytes = try node.saveState()
        guard sink!.pointee.write(sink, bytes, UInt64(bytes.count)) == AUSCULT_OK else {
          throw NodeError("the host refused its state")
        }
      }
    },
    restore: { pointer, bytes, count, error in
      attemptActive(pointer, error) {
        try $0.restoreState(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      }
    })
}
