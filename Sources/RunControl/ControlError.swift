/// An error of the control protocol, as in JSON-RPC 2.0: handlers throw it, clients receive it.
public struct ControlError: Error, Sendable, Equatable, CustomStringConvertible {
  public var code: Int
  public var message: String
  public var data: JSONValue?

  public init(code: Int, message: String, data: JSONValue? = nil) {
    self.code = code
    self.message = message
    self.data = data
  }

  public var description: String { message }

  /// The graph runs, but could not carry out the request. A handler's own error.
  public static func failed(_ message: String, data: JSONValue? = nil) -> ControlError {
    ControlError(code: -32000, message: message, data: data)
  }
  /// The request does not fit to what is there now.
  public static let conflictCode = -32002
  public static func conflict(_ message: String) -> ControlError { ControlError(code: conflictCode, message: message) }
  public static func invalidParameters(_ message: String) -> ControlError {
    ControlError(code: -32602, message: message)
  }

  /// The graph runs, but can't serve this client now.
  static let busyCode = -32001
  static func busy(_ message: String) -> ControlError { ControlError(code: busyCode, message: message) }

  static let tooLong = invalidRequest("the line is longer than \(ControlProtocol.lineLimit) bytes")

  static func parse(_ problem: JSONProblem) -> ControlError {
    ControlError(code: -32700, message: "this line is not JSON: \(problem)")
  }
  static func invalidRequest(_ message: String) -> ControlError { ControlError(code: -32600, message: message) }
  static func unknownMethod(_ method: String, _ known: [String]) -> ControlError {
    ControlError(
      code: -32601, message: "there is no method '\(method.prefix(64))'; there are \(known.joined(separator: ", "))")
  }
  static func internalError(_ error: any Error) -> ControlError { ControlError(code: -32603, message: "\(error)") }

  var json: JSONValue {
    var members: [String: JSONValue] = ["code": .integer(Int64(code)), "message": .text(message)]
    if let data { members["data"] = data }
    return .object(members)
  }

  init?(_ json: JSONValue) {
    guard let code = json["code"]?.integer, let message = json["message"]?.text else { return nil }
    self.init(code: Int(code), message: message, data: json["data"])
  }
}
