/// The methods of a running graph and their handlers. Turns request lines into response lines.
struct ControlMethods: Sendable {
  typealias Handler = @Sendable (JSONValue) throws -> JSONValue
  /// Most requests in one batch.
  static let batchLimit = 256

  private var handlers: [String: Handler] = [:]

  var names: [String] { handlers.keys.sorted() }

  mutating func register(_ method: String, _ handler: @escaping Handler) { handlers[method] = handler }

  /// Answers one line: a request, a notification, or a batch of them. Nil: there is no answer.
  func answer(_ line: some Collection<UInt8>) -> [UInt8]? {
    let request: JSONValue
    do {
      request = try JSONValue(parsing: line)
    } catch {
      return response(id: .null, error: .parse(error)).json
    }
    guard case .array(let batch) = request else { return answer(request)?.json }
    if batch.isEmpty { return response(id: .null, error: .invalidRequest("the batch is empty")).json }
    if batch.count > Self.batchLimit {
      return response(
        id: .null, error: .invalidRequest("the batch has \(batch.count) requests, at most \(Self.batchLimit) are taken")
      ).json
    }
    let responses = batch.compactMap { answer($0) }
    return responses.isEmpty ? nil : JSONValue.array(responses).json
  }

  private func answer(_ request: JSONValue) -> JSONValue? {
    let id = request["id"]
    do {
      let (method, parameters) = try checked(request)
      guard let handler = handlers[method] else { throw ControlError.unknownMethod(method, names) }
      let result = try handler(parameters)
      return id.map { .object(["jsonrpc": "2.0", "id": $0, "result": result]) }
    } catch let error as ControlError where error.code == -32600 {
      // Not a valid request, so not a notification either: JSON-RPC requires an answer.
      return response(id: validID(id) ?? .null, error: error)
    } catch {
      return id.map { response(id: $0, error: error as? ControlError ?? .internalError(error)) }
    }
  }

  private func checked(_ request: JSONValue) throws -> (method: String, parameters: JSONValue) {
    guard case .object(let members) = request else { throw ControlError.invalidRequest("a request is an object") }
    guard members["jsonrpc"] == "2.0" else { throw ControlError.invalidRequest("\"jsonrpc\" must be \"2.0\"") }
    guard let method = members["method"]?.text else { throw ControlError.invalidRequest("\"method\" must be a text") }
    if let id = members["id"], validID(id) == nil {
      throw ControlError.invalidRequest("\"id\" must be a text, a number or null")
    }
    guard members["params"]?.hasNUL != true else {
      throw ControlError.invalidParameters("a text of \"params\" has the character NUL (U+0000)")
    }
    switch members["params"] {
    case nil: return (method, .object([:]))
    case .object?, .array?: return (method, members["params"]!)
    default: throw ControlError.invalidRequest("\"params\" must be an object or an array")
    }
  }

  private func validID(_ id: JSONValue?) -> JSONValue? {
    switch id {
    case .null?, .text?, .integer?, .number?: id
    default: nil
    }
  }

  private func response(id: JSONValue, error: ControlError) -> JSONValue {
    .object(["jsonrpc": "2.0", "id": id, "error": error.json])
  }
}
