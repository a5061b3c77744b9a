import GraphCompiler
import GraphText

extension ScheduleDraft {
  /// Allocates blocks and states for every node that is not kept. Kept nodes keep theirs.
  ///
  /// - Parameters:
  ///   - running: the nodes that run now.
  ///   - number: gives each new runtime its number.
  /// - Returns: the runtime of each node of the graph.
  /// - Throws: a diagnostic at the node for which there is not enough memory.
  func runtimes(
    running: [LinkedRuntime] = [], generations: Generations, number: () -> Int32
  ) throws(DiagnosticsError) -> [NodeRuntime] {
    let known = Dictionary(uniqueKeysWithValues: running.map { ($0.runtime.number, $0.runtime) })
    var result = kept.map { $0.flatMap { known[$0.number] } }
    for index in order where result[index] == nil {
      let sources = incoming[index].map { result[$0.from]!.blocks[$0.output] }
      do {
        result[index] = try NodeRuntime(
          number: number(), self, node: index, generations: generations, sources: sources,
          isWatched: self.running != nil)
      } catch {
        throw DiagnosticsError([graph.diagnostic(error, node: graph.nodes[index])])
      }
    }
    return result.map { $0! }
  }

  /// The nodes as they run without a swap.
  func linked(_ runtimes: [NodeRuntime]) -> [LinkedRuntime] {
    order.map { index in
      LinkedRuntime(
        runtime: runtimes[index],
        inputs: incoming[index].map {
          LinkedRuntime.Input(port: $0.input, from: LinkedRuntime.Feed(runtime: runtimes[$0.from], output: $0.output))
        })
    }
  }
}
