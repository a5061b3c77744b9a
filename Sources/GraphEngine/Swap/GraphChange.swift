/// A planned change of the running graph. Its new nodes are configured. `Engine.apply` applies it at most once.
///
/// Thread: control.
public struct GraphChange: ~Copyable {
  let draft: SwapDraft
  /// The schedule that ran when the change was planned.
  let base: Schedule
  let options: SwapOptions
  let stopwatch: Stopwatch

  /// What will happen to every node.
  public var plan: SwapPlan { draft.plan }
}
