import GraphEngine
import LiveControl
import Records
import RunControl

extension AlarmEvent {
  /// "fan-03: alarm raised: score 0.044 above 0.0201, frames 51200 to 223232 (node 'alarm')"
  func words(rate: Int) -> String {
    let span = "frames \(begin) to \(end) (node '\(node)')"
    let figures = "score \(Significant.text(score)), threshold \(Significant.text(threshold))"
    switch state {
    case .deaf: return "\(machine): is deaf (\(cause?.name ?? "?")), \(span)"
    case .hearing:
      return "\(machine): is no longer deaf, after \(Quantity.seconds(Double(end - begin) / Double(rate))), \(span)"
    case .inhibited: return "\(machine): alarm inhibited, \(span)"
    case .resumed: return "\(machine): alarm resumed, \(span)"
    case .raised, .cleared, .repeated, .open: return "\(machine): alarm \(name): \(figures), \(span)"
    }
  }

  /// The fields of a sink's record, except those that only sinks know. The id is that of the sinks' records.
  ///
  /// - Parameters:
  ///   - graph: its name.
  ///   - liveSince: begin of the run in nanoseconds since the Unix epoch.
  func json(rate: Int, graph: String, liveSince: Int64) -> JSONValue {
    let isDeafness = state == .deaf || state == .hearing
    let kind: EventID.Kind =
      isDeafness ? .deafness : state == .inhibited || state == .resumed ? .inhibition : .alarm
    let id = EventID.text(
      kind, graph: graph, node: node, channel: channel, machine: machine, file: nil, begin: max(begin, 0),
      liveSince: liveSince)
    return .members([
      "kind": .text(isDeafness ? "deaf" : "alarm"), "id": .text(id), "node": .text(node),
      "channel": .integer(Int64(channel)),
      "machine": .text(machine), "state": .text(name), "begin": .integer(begin), "end": .integer(end),
      "rate": .integer(Int64(rate)), "cause": cause.map { .text($0.name.description) },
      "score": isDeafness ? nil : .number(score), "threshold": isDeafness ? nil : .number(threshold),
    ])
  }

  private var name: String {
    switch state {
    case .raised: "raised"
    case .cleared: "cleared"
    case .repeated: "repeated"
    case .inhibited: "inhibited"
    case .resumed: "resumed"
    case .open: "open"
    case .deaf: "begun"
    case .hearing: "ended"
    }
  }
}
