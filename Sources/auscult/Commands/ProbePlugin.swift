import ArgumentParser
import Conformance
import LiveControl
import NodeHost

/// `auscult probe-plugin`: the child process that tries plugins for another auscult process. It reads the request on
/// standard input, and answers in shared memory.
struct ProbePlugin: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe-plugin", abstract: "Opens plugins for another auscult, which does not trust them yet.",
    shouldDisplay: false)

  @Option(help: "Seconds for each step.") var limit = 10.0
  @Flag(help: "The request is a graph, not a list of libraries.") var graph = false
  @Flag(help: "The request is a check of a node class.") var conformance = false

  func run() throws {
    let request = ProbeChild.request()
    guard let child = ProbeChild(limit: limit) else {
      throw Failure("probe-plugin is started by other commands of auscult; it does nothing by itself")
    }
    if graph {
      GraphTrial.answer(request, child)
    } else if conformance {
      ChildTrial.answer(request, child)
    } else {
      child.open(request.split(separator: 0).map { String(decoding: $0, as: UTF8.self) })
    }
    child.finish()
  }
}
