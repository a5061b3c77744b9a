import LiveControl

extension Console {
  /// Says what happens in a live run.
  func tell(_ event: LiveEvent) {
    switch event {
    case .startedServer(let name):
      info(
        "started a private JACK server without a sound card; other programs find it with JACK_DEFAULT_SERVER=\(name)")
    case .waitsForServer(let event): warning("\(event)")
    case .serverCame(let seconds): info("the JACK server is there, after \(Quantity.seconds(seconds))")
    case .stoppedBeforeServer(let name): info("'\(name)' was stopped before there was a server")
    case .memoryNotLocked(let reason): say(.debug, "memory is not locked: \(reason)")
    case .watchesFile(let file): info("\(file) is applied whenever it is saved")
    case .sameBuild(let library): info("\(library): its build id is the same, nothing changed")
    case .changeRefused(let request, let reason): warning("\(request.words): \(reason)")
    case .hangup(let file): info("SIGHUP: outputs are opened anew, \(file) is read anew")
    case .hangupRefused(let file, let reason): warning("\(file) is not read anew: \(reason)")
    case .cutShort(let nodes):
      endProgress()
      error(cutShort(nodes))
    }
  }

  private func cutShort(_ nodes: [String]) -> String {
    guard !nodes.isEmpty else { return "the run did not come to its end in time" }
    let verb = nodes.count == 1 ? "the node does not return" : "the nodes do not return"
    return "the run ended without \(nodes.joined(separator: ", ")): \(verb)"
  }
}
