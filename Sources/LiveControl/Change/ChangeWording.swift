/// The texts that a running graph sends to commands.
extension ChangeNote: CustomStringConvertible {
  public var description: String {
    switch self {
    case .overridesWithoutPlace(let overrides):
      "ignored, because the file has no such node or parameter: \(overrides.joined(separator: ", "))"
    case .overrideWins(let override, let origin):
      "\(override) (auscult \(origin)) still overrides the file; `auscult apply --fresh` drops it"
    case .overridesOfOtherType(let overrides):
      "ignored, because it was set for the node's previous class: \(overrides.joined(separator: ", "))"
    case .notRebuilt(let library, let build):
      "\(library) has not been rebuilt: its build id is \(build.prefix(12))"
    case .sameBuild(let library, let build):
      "\(library) was rebuilt, but its build id is still \(build): nothing changed"
    case .gaveUpWarmUp: "gave up the previous change: its new nodes did not judge yet"
    case .noTrial: "no child process could be started: the new nodes were not tried first"
    case .saved(let path): "\(path) has the text now"
    case .notSaved(let reason): "the text runs, but was not saved: \(reason)"
    case .notActivatedInTrial(let node):
      "\(node) was created and configured in a child process, but not activated there: it would open a device or a file"
    }
  }
}

extension ChangeProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .abandoned: "the command that requested it no longer waits"
    case .waitedTooLong(let request, let seconds):
      "'\(request)' is in progress, and its new nodes have not yielded valid tokens for \(seconds) s: "
        + "`auscult discard` cancels it"
    case .candidateRuns: "a candidate runs: `auscult promote` or `auscult discard` it first"
    case .noCandidate: "no candidate runs: begin with `auscult shadow NODE key=value`"
    case .noPreviousGraph: "there is no graph to return to: nothing was changed yet"
    case .fixedParameter(let key, let node, let className, let values):
      "'\(key)' of \(node) (\(className)) can't change while the node runs; "
        + "`auscult swap \(node) \(values.joined(separator: " "))` puts a new node in its place"
    case .swapEnded(let reason): reason
    }
  }
}
