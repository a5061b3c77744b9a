/// A change of the running graph that is ready to be carried out: its new nodes are created and configured. It is carried
/// out once, by `Engine.apply`, or not at all.
///
/// Thread: control.
public struct GraphChange: ~Copyable {
  let draft: SwapDraft
  /// What ran when it was planned.
  let base: Schedule
  let options: SwapOptions
  let stopwatch: Stopwatch

  /// What will happen to every node.
  public var plan: SwapPlan { draft.plan }
}
