import JACKDriver

/// What a live run has to say while it goes on, beside its figures and the engine's own messages. Whoever starts the run
/// words it.
public enum LiveEvent: Sendable, Equatable {
  /// A private JACK server of this name runs.
  case startedServer(String)
  /// There is no JACK server yet, or none at the right rate.
  case waitsForServer(JACKEvent)
  /// The server came, after so many seconds.
  case serverCame(seconds: Double)
  /// The run of this name was stopped before there was a server.
  case stoppedBeforeServer(String)
  /// The system does not allow it, for this reason; the graph runs all the same.
  case memoryNotLocked(reason: String)
  /// The graph file, which is applied whenever it is saved.
  case watchesFile(String)
  /// A library was written anew, and is the one that runs.
  case sameBuild(library: String)
  /// A change that a written file asks for is not accepted.
  case changeRefused(ChangeRequest, reason: String)
  /// SIGHUP: outputs are opened anew, and this graph file is applied.
  case hangup(file: String)
  /// After SIGHUP the graph file is not applied.
  case hangupRefused(file: String, reason: String)
  /// The run did not end in time, and the program ends without it: these nodes do not return.
  case cutShort(nodes: [String])
}

/// Why a live run came to nothing.
public enum LiveRunError: Error, Sendable, Equatable {
  /// The run ended before its training did, for this reason; nil: it was asked to.
  case trainingUnfinished(reason: String?)
  /// The run ended before there was enough sound to adapt the model.
  case adaptationUnfinished(reason: String?)
  /// The model is written, but the graph could not go on with it; nil: diagnostics say why.
  case modelNotTakenOver(model: String, reason: String?)
}

extension LiveRunError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .trainingUnfinished(let reason):
      "\(reason ?? "the run ended before the training did"); nothing was written"
    case .adaptationUnfinished(let reason):
      "\(reason ?? "the run ended before there was enough sound"); nothing was written"
    case .modelNotTakenOver(let model, let reason):
      "\(model) is written, but the graph could not go on with it: \(reason ?? "see above")"
    }
  }
}
