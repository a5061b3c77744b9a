import GraphText
import LiveControl
import RunControl

/// The running graph's answer about a change, in words.
struct ChangeTicket {
  let json: JSONValue

  /// - Parameter json: the answer of `change`.
  init(_ json: JSONValue) { self.json = json }

  var isDone: Bool { json["state"] == "done" }
  var hasFailed: Bool { json["state"] == "failed" }

  /// What happens to every node; nil: there is no plan yet.
  var plan: [String]? {
    guard let plan = json["plan"] else { return nil }
    let notes = ((plan["notes"]?.array ?? []) + (json["notes"]?.array ?? [])).compactMap(\.text)
    if plan["changes"] == false { return ["nothing changes"] + notes }
    return [SwapText(plan).plan(rate: json["rate"]?.integer ?? 0)] + notes
  }

  /// What it waits for; nil: nothing.
  var waiting: String? {
    switch (json["state"]?.text, json["swap"]?["stage"]?.text) {
    case ("waiting", _): "waiting for the change in progress"
    case ("warming", "warming"): "the new nodes warm up until they yield valid tokens"
    default: nil
    }
  }

  /// Errors and warnings, with paths relative to the working directory.
  var diagnostics: [Diagnostic] { (json["diagnostics"]?.array ?? []).compactMap { Diagnostic($0)?.relative } }

  /// Why it failed, if no diagnostic says so.
  var problem: String? { json["problem"]?.text }

  /// The result of a change that is done; nil: nothing has changed.
  func result(of request: ChangeRequest) -> String? {
    guard !request.isDryRun, json["plan"]?["changes"] != false, let swap = json["swap"] else { return nil }
    switch request.kind {
    case .shadow:
      return "the candidate runs in the shadow of \(request.node): next are `auscult shadow`, `auscult promote` or "
        + "`auscult discard`"
    case .discard: return "the candidate has ended"
    default: return SwapText(swap).exchange
    }
  }
}
