/// The words that commands get from a running graph.
extension ChangeNote: CustomStringConvertible {
  public var description: String {
    switch self {
    case .overridesWithoutPlace(let overrides):
      "left out, for the file has no place for it: \(overrides.joined(separator: ", "))"
    case .overrideWins(let override, let origin):
      "\(override) (auscult \(origin)) still wins over the file; `auscult apply --fresh` leaves it out"
    case .overridesOfOtherType(let overrides):
      "left out, for the node gets a type anew: \(overrides.joined(separator: ", "))"
    case .notRebuilt(let library, let build):
      "\(library) has not been rebuilt: its build id is \(build.prefix(12))"
    case .sameBuild(let library, let build):
      "\(library) was rebuilt, but calls itself build \(build) as before: nothing changed"
    case .gaveUpWarmUp: "the change that was under way is given up: its new nodes did not judge yet"
    case .noTrial: "no child process could be started: the new nodes were not tried out first"
    case .notActivatedInTrial(let node):
      "\(node) was created and configured in a child first, but not activated: it would open a device or a file"
    }
  }
}

extension ChangeProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .abandoned: "whoever asked for it did not wait for it"
    case .waitedTooLong(let request, let seconds):
      "'\(request)' is under way, and since \(seconds) s its new nodes have not yielded what they are to: "
        + "`auscult discard` gives it up"
    case .candidateRuns: "a candidate runs beside the graph: `auscult promote` or `auscult discard` it first"
    case .noCandidate: "no candidate runs beside the graph: begin with `auscult shadow NODE key=value`"
    case .noPreviousGraph: "there is no graph to return to: nothing was changed yet"
    case .fixedParameter(let key, let node, let className, let values):
      "'\(key)' of \(node) (\(className)) can't change while the node runs; "
        + "`auscult swap \(node) \(values.joined(separator: " "))` puts a new node in its place"
    case .swapEnded(let reason): reason
    }
  }
}
