import CNodeABI

/// A node that learns from tokens: `trainer/1`. The host calls `begin`, `take` for each machine, `fit`, `write`, and at
/// last `endTraining`, also after an error.
///
/// Thread: control, not active.
public protocol Trainable: Node {
  /// Tells classes apart: wants the tokens of all labels. Otherwise it gets normal ones only.
  static var learnsLabels: Bool { get }
  /// Draws random numbers: another seed may give another model. Otherwise it is trained once where seeds are compared.
  static var drawsBySeed: Bool { get }
  func begin(_ training: Training) throws
  func take(_ examples: Examples) throws
  func fit() throws
  func write(_ writer: ModelWriter) throws
  func endTraining()
}

/// A node that learns in rounds: after `fit`, `take` and `fit` may come again with further tokens. Weights and the
/// optimiser's state are kept, the tokens of rounds before are forgotten; `write` gives the last
/// round's best.
public protocol LearnsInRounds: Trainable {}

extension Trainable {
  public static var drawsBySeed: Bool { true }
}

/// A node that says which bands and which moment carry a token's score: `explain/1`.
public protocol Explaining: Node {
  /// Adds up how much each band [columns] and each moment [rows] contributes to a token [rows x columns]; both come
  /// filled with 0. Thread: control, active; no `process` runs meanwhile.
  func explain(
    channel: Int, token: UnsafePointer<Float>, bands: UnsafeMutablePointer<Float>,
    moments: UnsafeMutablePointer<Float>) throws
}

/// A node that makes a token anew from what its model has squeezed it into: original against reconstruction.
public protocol Reconstructing: Explaining {
  /// Writes what becomes of a token, in the token's units, both [rows x columns]. Thread: control, active; no `process`
  /// runs meanwhile.
  func reconstruct(channel: Int, token: UnsafePointer<Float>, into reconstruction: UnsafeMutablePointer<Float>) throws
}

/// A node that tells figures of what it has learned: `report/1`.
public protocol Reporting: Node {
  /// Calls `figure` with what a figure is of (a machine, or ""), its name and value. Thread: control, not active.
  func report(_ figure: (_ of: String, _ name: String, _ value: Double) -> Void) throws
}

/// A node whose running state can be carried over: `state/1`.
public protocol StateKeeping: Node {
  /// What was heard and learned, as bytes. Thread: control, active; no `process` runs meanwhile.
  func saveState() throws -> [UInt8]
  /// Takes it up again; throws where the bytes are not this node's. Thread: control, active.
  func restoreState(_ bytes: UnsafeRawBufferPointer) throws
}

/// What `auscult_class.extension` answers for a class in Swift.
func ability(_ name: String, of type: Node.Type) -> UnsafeRawPointer? {
  switch name {
  case AUSCULT_TRAINER:
    guard let trainable = type as? any Trainable.Type else { return nil }
    return tables.trainers[
      trainerFlags(
        hasLabels: trainable.learnsLabels, hasRounds: type is any LearnsInRounds.Type,
        hasSeed: trainable.drawsBySeed)]
  case AUSCULT_EXPLAIN:
    if type is any Reconstructing.Type { return tables.reconstruct }
    return type is any Explaining.Type ? tables.explain : nil
  case AUSCULT_REPORT: return type is any Reporting.Type ? tables.report : nil
  case AUSCULT_STATE: return type is any StateKeeping.Type ? tables.state : nil
  default: return nil
  }
}

/// The function tables, one of each for all classes. They live as long as the process.
private struct AbilityTables: @unchecked Sendable {
  let trainers = Dictionary(
    uniqueKeysWithValues: (0..<8).map { bits in
      let flags = trainerFlags(hasLabels: bits & 1 != 0, hasRounds: bits & 2 != 0, hasSeed: bits & 4 != 0)
      return (flags, UnsafeRawPointer(constant(trainerTable(flags: flags))))
    })
  let explain = UnsafeRawPointer(constant(explainTable(makesTokens: false)))
  let reconstruct = UnsafeRawPointer(constant(explainTable(makesTokens: true)))
  let report = UnsafeRawPointer(constant(reportTable()))
  let state = UnsafeRawPointer(constant(stateTable()))
}

private let tables = AbilityTables()

private func trainerFlags(hasLabels: Bool, hasRounds: Bool, hasSeed: Bool) -> UInt32 {
  (hasLabels ? AUSCULT_TRAINER_LABELS : 0) | (hasRounds ? AUSCULT_TRAINER_ROUNDS : 0)
    | (hasSeed ? 0 : AUSCULT_TRAINER_SEEDLESS)
}

/// Runs the body on an instance's node as `T`; what it throws goes into the error.
func attempt<T>(
  _ pointer: UnsafeMutableRawPointer?, as type: T.Type, _ error: UnsafeMutablePointer<auscult_error>?,
  _ body: (T) throws -> Void
) -> auscult_status {
  attempt(error) {
    guard let node = instance(pointer!).node as? T else { throw NodeError("hasn't got this ability") }
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

private func stateTable() -> auscult_state {
  auscult_state(
    size: UInt32(MemoryLayout<auscult_state>.size), reserved: 0,
    save: { pointer, sink, error in
      attempt(pointer, as: (any StateKeeping).self, error) { node in
        let bytes = try node.saveState()
        guard sink!.pointee.write(sink, bytes, UInt64(bytes.count)) == AUSCULT_OK else {
          throw NodeError("its state was not taken")
        }
      }
    },
    restore: { pointer, bytes, count, error in
      attempt(pointer, as: (any StateKeeping).self, error) {
        try $0.restoreState(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
      }
    })
}
