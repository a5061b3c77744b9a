import LiveControl
import RunControl

/// The result of a change, for the run's own log.
struct ChangeLine {
  private let request: ChangeRequest
  private let record: ChangeRecord

  init(_ request: ChangeRequest, _ record: ChangeRecord) {
    self.request = request
    self.record = record
  }

  /// "swap judge learn=4s: judge re-warmed, from frame position 51200 on"
  var text: String { "\(request.words): " + (record.state == .failed ? failure : success) }

  private var failure: String {
    (record.problem?.description ?? "\(Quantity.count(record.diagnostics.count, "error"))")
      + "; the graph runs on unchanged"
  }

  private var success: String {
    (record.plan?.words ?? "done")
      + ((record.swap?.returnPosition ?? record.swap?.position).map { ", from frame position \($0) on" } ?? "")
  }

  var object: JSONValue {
    guard case .object(var members) = record.json else { return record.json }
    members["kind"] = "change"
    members["request"] = .text(request.words)
    return .object(members)
  }
}
