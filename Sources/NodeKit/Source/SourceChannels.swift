/// The channels of a source, and the machine of each.
public struct SourceChannels: Sendable {
  public let count: Int
  public let machines: [String]

  /// The parameters that `init` reads.
  ///
  /// - Parameter summary: the summary of `channels`.
  public static func parameters(_ summary: String) -> [ParameterDeclaration] {
    [
      .integer("channels", summary, default: "1", range: 1...1024),
      .text(
        "machines", "Machine name of each channel; by default the node's name, numbered from -1",
        flags: [.list, .placement]),
    ]
  }

  /// - Throws: `NodeError` if the number of names differs from that of channels, or a name occurs twice.
  public init(_ arguments: Arguments) throws {
    count = arguments.integer("channels")
    let given = arguments.texts("machines")
    guard !given.isEmpty else {
      machines = machineNames(node: arguments.host.node, count: count)
      return
    }
    guard given.count == count else {
      throw NodeError(
        "\(given.count) machine names for \(count) \(count == 1 ? "channel" : "channels"): "
          + "give one for each, or none", parameter: "machines")
    }
    var seen: Set<String> = []
    for name in given where !seen.insert(name).inserted {
      throw NodeError("two channels have the machine name '\(name)'", parameter: "machines")
    }
    machines = given
  }

  /// Sets an output's format to samples at the driver's rate.
  public func describe(_ format: inout StreamFormat, driverRate: Int) {
    format.kind = .audio
    format.channels = count
    format.rows = 1
    format.columns = 1
    format.driverRate = driverRate
    format.denominator = 1
    format.period = 1
    format.extent = 1
    format.offset = 0
    format.lookahead = 0
    format.scale = .linear
    format.machines = machines
  }
}

/// The machine names of channels without names: the node's name, numbered from 1 if there are several.
public func machineNames(node: String, count: Int) -> [String] {
  count == 1 ? [node] : (1...count).map { "\(node)-\($0)" }
}
