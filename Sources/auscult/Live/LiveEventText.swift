import LiveControl

extension Console {
  /// Prints an event of a live run.
  func tell(_ event: LiveEvent) {
    switch event {
    case .startedServer(let name):
      info(
        "started a private JACK server without a sound card; other programs find it with JACK_DEFAULT_SERVER=\(name)")
    case .waitsForServer(let event): warning("\(event)")
    case .serverCame(let seconds): info("the JACK server appeared after \(Quantity.seconds(seconds))")
    case .noCycle(let server, let seconds):
      warning(
        "the JACK server '\(server)' has run no cycle for \(Quantity.seconds(seconds)): nothing is heard. With PipeWire, "
          + "start its session manager (wireplumber); with jackd, look at its output; `auscult doctor` checks more")
    case .stoppedBeforeServer(let name): info("'\(name)' was stopped before a JACK server appeared")
    case .memoryNotLocked(let reason): say(.debug, "memory is not locked: \(reason)")
    case .watchesFile(let file): info("applying \(file) whenever it is saved")
    case .sameBuild(let library): info("\(library): its build id is the same, nothing changed")
    case .changeRefused(let request, let reason): warning("\(request.words): \(reason)")
    case .hangup(let file): info("SIGHUP: reopening the outputs and reading \(file) again")
    case .hangupRefused(let file, let reason): warning("SIGHUP: \(file) is not read again: \(reason)")
    case .nodeIsOut(let node, let seconds?, _):
      info("\(node.shown): a new instance of the node is tried in \(Quantity.seconds(seconds))")
    case .nodeIsOut(let node, nil, let reason):
      warning(
        "\(node.shown) stays out\(reason.map { ": " + $0 } ?? ""); bring it back with `auscult swap`, or change the graph"
      )
    case .nodeIsBack(let node): info("\(node.shown): a new instance of the node has taken over")
    case .cutShort(let nodes):
      endProgress()
      error(cutShort(nodes))
    }
  }

  private func cutShort(_ nodes: [String]) -> String {
    guard !nodes.isEmpty else { return "the run did not end in time" }
    let verb = nodes.count == 1 ? "the node does not return" : "the nodes do not return"
    return "the run ended without \(nodes.joined(separator: ", ")): \(verb)"
  }
}
