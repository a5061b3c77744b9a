import CNodeABI

/// A node in a schedule, and where its inputs come from.
struct RunNode {
  /// An output that an input reads.
  struct Feed {
    var runtime: NodeRuntime
    var output: Int
    /// The input begins on this grid, in ticks of the stream; 0: with what comes first.
    var grid: Int64 = 0
  }

  struct Input {
    var port: Int
    /// nil: nothing before the exchange.
    var from: Feed?
    /// What takes over at the exchange.
    var other: Feed?
    /// Whether the exchange means anything to this input: `other` takes over, or, without one, the input ends.
    var changesOver = false
  }

  var runtime: NodeRuntime
  var side = SwapSide.both
  var inputs: [Input]
  /// Its queues drop what does not fit, rather than hold up the node before it: a candidate.
  var isLossy = false

  var name: String { runtime.name }
  /// Every runtime that it reads from.
  var sources: [NodeRuntime] { inputs.flatMap { [$0.from?.runtime, $0.other?.runtime].compactMap { $0 } } }
}

extension [RunNode] {
  /// Every node after all that it reads from, by name among equals.
  var inOrder: [RunNode] {
    let indices = Dictionary(uniqueKeysWithValues: enumerated().map { ($1.runtime.number, $0) })
    var missing = map { Set($0.sources.map(\.number)).count }
    var readers: [[Int]] = [[Int]](repeating: [], count: count)
    for (index, node) in enumerated() {
      for source in Set(node.sources.map(\.number)) { readers[indices[source]!].append(index) }
    }
    var ready = self.indices.filter { missing[$0] == 0 }
    var result: [RunNode] = []
    while let next = ready.min(by: {
      (self[$0].name, self[$0].runtime.number) < (self[$1].name, self[$1].runtime.number)
    }) {
      ready.removeAll { $0 == next }
      result.append(self[next])
      for reader in readers[next] {
        missing[reader] -= 1
        if missing[reader] == 0 { ready.append(reader) }
      }
    }
    return result
  }
}
