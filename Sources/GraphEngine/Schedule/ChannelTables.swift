/// The channels that graph and driver share. A channel keeps its index through every swap; free ones are used again.
struct ChannelTables: Sendable {
  struct Table: Sendable {
    /// nil: free.
    private(set) var ports: [ExternalPort?] = []

    func index(node: String, channel: Int) -> Int { find(node, channel)! }

    private func find(_ node: String, _ channel: Int) -> Int? {
      ports.firstIndex { $0?.node == node && $0?.channel == channel }
    }

    mutating func set(_ port: ExternalPort) {
      if let index = find(port.node, port.channel) {
        ports[index] = port
      } else if let index = ports.firstIndex(where: { $0 == nil }) {
        ports[index] = port
      } else {
        ports.append(port)
      }
    }

    /// Frees all channels except these.
    mutating func keep(_ kept: [ExternalPort]) {
      for index in ports.indices {
        guard let port = ports[index] else { continue }
        if !kept.contains(where: { $0.node == port.node && $0.channel == port.channel }) { ports[index] = nil }
      }
    }
  }

  var inputs = Table()
  var outputs = Table()
}
