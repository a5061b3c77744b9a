import GraphCompiler

/// How many more quanta a driver without a deadline may run before it looks again whether the workers' rings have room.
/// Belongs to one schedule. Thread: the driver's.
struct RoomCredit {
  /// The most quanta between two looks, so that workers are woken in time.
  static let most = 64
  private var quanta = 0

  init() {}

  init(quanta: Int) { self.quanta = quanta }

  /// Takes what a cycle needs; false: look first.
  mutating func take(frames: Int) -> Bool {
    let needed = max(1, (frames + Compiler.quantum - 1) / Compiler.quantum)
    if quanta < needed { return false }
    quanta -= needed
    return true
  }
}
