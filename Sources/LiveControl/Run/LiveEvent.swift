import JACKDriver

/// An event of a live run, in addition to its figures and the engine's own messages. The caller words it.
public enum LiveEvent: Sendable, Equatable {
  /// A private JACK server of this name runs.
  case startedServer(String)
  /// There is no JACK server yet, or none at the right rate.
  case waitsForServer(JACKEvent)
  /// The server appeared, after this many seconds.
  case serverCame(seconds: Double)
  /// The JACK server of this name has not run a cycle for this many seconds since the begin.
  case noCycle(server: String, seconds: Double)
  /// The run of this name was stopped before there was a server.
  case stoppedBeforeServer(String)
  /// The system does not allow locking memory, for this reason; the graph runs without.
  case memoryNotLocked(reason: String)
  /// The run applies this graph file whenever it is saved.
  case watchesFile(String)
  /// A library file was written again, with the build that runs.
  case sameBuild(library: String)
  /// A change that a written file requests is refused.
  case changeRefused(ChangeRequest, reason: String)
  /// SIGHUP: the run reopens outputs and applies this graph file.
  case hangup(file: String)
  /// After SIGHUP the graph file is not applied.
  case hangupRefused(file: String, reason: String)
  /// A node is quarantined. A new instance of it is tried after some seconds, or not at all, for a reason.
  case nodeIsOut(String, seconds: Double?, staysOut: String?)
  /// A new instance of a quarantined node has taken over.
  case nodeIsBack(String)
  /// The run did not end in time, and the program ends: these nodes do not return.
  case cutShort(nodes: [String])
}

/// Why a live run has no result.
public enum LiveRunError: Error, Sendable, Equatable {
  /// The run ended before its training, for this reason; nil: by request.
  case trainingUnfinished(reason: String?)
  /// The run ended before there was enough sound to adapt the model.
  case adaptationUnfinished(reason: String?)
  /// The model is written, but the graph could not continue with it; nil: diagnostics say why.
  case modelNotTakenOver(model: String, reason: String?)
}

extension LiveRunError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .trainingUnfinished(let reason):
      "\(reason ?? "the run ended before training finished"); nothing was written"
    case .adaptationUnfinished(let reason):
      "\(reason ?? "the run ended before there was enough sound"); nothing was written"
    case .modelNotTakenOver(let model, let reason):
      "\(model) is written, but the graph could not continue with it: \(reason ?? "see above")"
    }
  }
}
