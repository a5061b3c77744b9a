import GraphText
import NumberText

/// What a swap does to one node.
public struct NodeChange: Sendable, Equatable {
  public enum Action: String, Sendable {
    /// Keeps its instance and state, bit for bit.
    case kept
    /// Keeps its state, with new values for parameters that may change while running.
    case retuned
    /// A new instance runs beside the old one until it yields valid tokens, and then takes over.
    case rewarmed = "re-warmed"
    case added
    case removed
  }

  public var node: String
  public var className: String
  public var action: Action
  /// What differs, in words; empty for nodes that stay.
  public var reason: String
  /// Driver frames from a new instance's first input to its first valid token; 0 for nodes that stay.
  public var warmUp: Int64
  /// The new sink continues the file of the old sink.
  public var continuesOutput = false
}

/// What happens to every node, in the order they run in. Removed nodes come last.
public struct SwapPlan: Sendable {
  public var changes: [NodeChange]
  /// Other remarks, such as a library whose build id has not changed.
  public var notes: [String] = []

  /// What happens if a node fails after the exchange, in words; nil if no new node can fail.
  ///
  /// - Parameter probation: how long the old nodes stand by, in seconds.
  public func takeBack(probation: Double) -> String? {
    let names = { (actions: [NodeChange.Action]) in changes.filter { actions.contains($0.action) }.map(\.node) }
    let (new, retuned) = (names([.rewarmed, .added]), names([.retuned]))
    var parts: [String] = []
    if !new.isEmpty {
      let sinks = changes.filter(\.continuesOutput).map(\.node)
      parts.append(
        "if \(new.joined(separator: " or ")) fails or takes too long within \(NumberText.plain(probation, decimals: 3)) s after the exchange, the "
          + "previous graph judges again"
          + (sinks.isEmpty ? "" : ", and \(sinks.joined(separator: ", ")) continues the same file"))
    }
    if !retuned.isEmpty {
      parts.append(
        "\(retuned.joined(separator: ", ")) takes new values in place: if it fails, it stays quarantined until "
          + "`auscult rollback`")
    }
    return parts.isEmpty ? nil : parts.joined(separator: "; ")
  }

  /// Nothing would change.
  public var isEmpty: Bool { changes.allSatisfy { $0.action == .kept && $0.reason.isEmpty } }
}

public struct SwapOptions: Sendable {
  /// How long creating, configuring and activating the new nodes may take, in seconds.
  public var timeout = 10.0
  /// How long the old nodes stand by after the exchange, in seconds of the stream. If a new node fails or takes too
  /// long within this time, the swap is rolled back.
  public var probation = 5.0
  /// The share of the stream's time that a new node may spend in `process` on its thread, from 0 to 1.
  public var budget = 0.8
  /// The new nodes run beside the old ones until `promote` or `discard`.
  public var isShadow = false
  /// The name of a node that failed and is renewed, while the graph stays the same: `rollback` then returns to the
  /// graph before it. Other nodes that failed stay out, except those of `Graph.renewed`.
  public var returning: String?

  public init() {}
}

/// The state of a swap.
public struct SwapStatus: Sendable {
  public enum Stage: String, Sendable {
    /// New nodes run beside the old ones until they yield valid tokens.
    case warming
    /// As `warming`, until `promote` or `discard`.
    case shadowing
    /// The exchange is requested, or workers change over.
    case exchanging
    /// The new nodes judge, the old nodes stand by.
    case probation
    /// The control thread takes the old nodes down.
    case retiring
    case done
    /// The new nodes failed, or the swap was given up. The old nodes stay.
    case rolledBack = "rolled back"
  }

  public struct Phase: Sendable {
    public var name: String
    public var milliseconds: Double
  }

  public var stage: Stage
  public var plan: SwapPlan
  public var generation: Int
  /// X in driver frames: tokens that end at or before it belong to the old nodes, all others to the new nodes.
  public var position: Int64?
  /// Frame position where the new nodes' input begins. Tokens after X are computed from input since here.
  public var inputBegin: Int64?
  /// X of the return to the old graph.
  public var returnPosition: Int64?
  /// Generation of the old graph after the return. It differs from its earlier one.
  public var returnGeneration: Int?
  /// The graph was left on request and did not fail: `rollback` can return to it.
  public var canBeReturnedTo = false
  public var phases: [Phase]
  /// For a candidate: the comparison with the present detector.
  public var shadow: ShadowReport?
  /// Why it was rolled back.
  public var reason: String?
}
