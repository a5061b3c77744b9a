import GraphText
import NumberText

/// What happens to one node when a graph takes the place of the one that runs.
public struct NodeChange: Sendable, Equatable {
  public enum Action: String, Sendable {
    /// Goes on with its state, bit for bit.
    case kept
    /// Goes on with its state and new values of parameters that may change while running.
    case retuned
    /// A new instance runs beside the old one until it yields valid tokens, then takes over.
    case rewarmed = "re-warmed"
    case added
    case removed
  }

  public var node: String
  public var className: String
  public var action: Action
  /// What differs, in words; empty for nodes that are kept.
  public var reason: String
  /// Driver frames until a new instance yields valid tokens, from when it first hears; 0 for nodes that stay.
  public var warmUp: Int64
  /// A new sink goes on with the file of the one before.
  public var continuesOutput = false
}

/// What happens to every node, in the order they run in; removed ones last.
public struct SwapPlan: Sendable {
  public var changes: [NodeChange]
  /// What else there is to say: a library whose build id is the same.
  public var notes: [String] = []

  /// What becomes of a failure behind the exchange, in words; nil where nothing new can fail.
  ///
  /// - Parameter probation: seconds that the old nodes stand by.
  public func takeBack(probation: Double) -> String? {
    let names = { (actions: [NodeChange.Action]) in changes.filter { actions.contains($0.action) }.map(\.node) }
    let (new, retuned) = (names([.rewarmed, .added]), names([.retuned]))
    var parts: [String] = []
    if !new.isEmpty {
      let sinks = changes.filter(\.continuesOutput).map(\.node)
      parts.append(
        "if \(new.joined(separator: " or ")) fails or takes too long within \(NumberText.plain(probation, decimals: 3)) s after the exchange, the "
          + "graph before judges again"
          + (sinks.isEmpty ? "" : ", and \(sinks.joined(separator: ", ")) goes on with the same file"))
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
  /// How long the old nodes stand by after the exchange, in seconds of the stream: a new one that fails or takes too long
  /// is rolled back within it.
  public var probation = 5.0
  /// The share of the time that the stream lasts which a new node may take, on its thread.
  public var budget = 0.8
  /// The new nodes run beside the old ones until `promote` or `discard`.
  public var isShadow = false

  public init() {}
}

/// How a swap gets on.
public struct SwapStatus: Sendable {
  public enum Stage: String, Sendable {
    /// New nodes run beside the old ones until they yield valid tokens.
    case warming
    /// The same, until they are promoted or discarded.
    case shadowing
    /// The exchange is asked for, or workers change over.
    case exchanging
    /// The new nodes judge, the old ones stand by.
    case probation
    /// The old nodes are being taken down.
    case retiring
    case done
    /// The new nodes turned out to be bad, or were given up: the old ones go on.
    case rolledBack = "rolled back"
  }

  public struct Phase: Sendable {
    public var name: String
    public var milliseconds: Double
  }

  public var stage: Stage
  public var plan: SwapPlan
  public var generation: Int
  /// X: tokens that end at or before it are the old nodes', all others the new ones'.
  public var position: Int64?
  /// Where the new nodes began to hear: of the tokens behind X they have heard from here on.
  public var heardFrom: Int64?
  /// X of the way back.
  public var returnPosition: Int64?
  /// Of the graph from there on: it judges again, under a number of its own.
  public var returnGeneration: Int?
  /// It was left on demand, and did not go wrong: `rollback` returns to its graph.
  public var canBeReturnedTo = false
  public var phases: [Phase]
  /// Of a candidate: how it compares with the present detector.
  public var shadow: ShadowReport?
  /// Why it was rolled back.
  public var reason: String?
}
