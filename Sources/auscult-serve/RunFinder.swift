import RunControl
import Synchronization
import SystemCalls

/// Finds runs that come and go, and follows each on a thread of its own, so that one that does not answer keeps no other
/// waiting.
final class RunFinder: Sendable {
  /// Most runs that are followed.
  private static let limit = 32
  private let board: Board
  private let followed = Mutex<Set<String>>([])

  init(_ board: Board) { self.board = board }

  func start() {
    BackgroundThread.start("auscult-find") { [self] in
      while true {
        look()
        Polling.pause(.seconds(1))
      }
    }
  }

  private func look() {
    for run in ControlClient.running() {
      let isNew = followed.withLock { $0.count < Self.limit && $0.insert(run.name).inserted }
      guard isNew else { continue }
      let hasStarted = BackgroundThread.start("auscult-follow") { [self] in
        RunFollower(run.name, pid: run.pid, board).follow()
        followed.withLock { _ = $0.remove(run.name) }
      }
      if !hasStarted { followed.withLock { _ = $0.remove(run.name) } }
    }
  }
}

/// Follows one run until it ends: its status once a second, its records ten times a second.
struct RunFollower {
  private let name: String
  private let pid: Int32?
  private let board: Board

  init(_ name: String, pid: Int32?, _ board: Board) {
    self.name = name
    self.pid = pid
    self.board = board
  }

  func follow() {
    let name = name
    defer { board.post { $0.end(name) } }
    guard let client = try? patiently({ try ControlClient(name: name) }) else { return }
    begin()
    var subscription: JSONValue?
    var round = 0
    var generation: JSONValue?
    do {
      while true {
        if round % 10 == 0 {
          if let status = try status(client) {
            board.post { $0.set(status: status, of: name) }
            if generation == nil || status["generation"] != generation, let graph = try graph(client) {
              generation = graph["generation"]
              board.post { $0.set(graph: graph, of: name) }
            }
            if subscription == nil { subscription = try subscribe(client) }
          }
        }
        if let known = subscription, try !fetch(client, known) { subscription = nil }
        round += 1
        Polling.pause(.milliseconds(100))
      }
    } catch {}
  }

  private func begin() {
    let (name, pid) = (name, pid)
    board.post { $0.begin(name, pid: pid) }
  }

  /// Asks again and again as long as the run is there and does not answer, and tells the board.
  private func patiently<Answer>(_ ask: () throws -> Answer) throws -> Answer {
    let name = name
    var isLate = false
    while true {
      do {
        let answer = try ask()
        if isLate { begin() }
        return answer
      } catch let problem as ControlProblem where problem.isLate {
        if !isLate { begin() }
        isLate = true
        board.post { $0.setSilent(name) }
      }
    }
  }

  private func call(_ client: ControlClient, _ method: String, _ parameters: JSONValue = [:]) throws -> JSONValue {
    try patiently { try client.call(method, parameters) }
  }

  /// Nil: it waits for its JACK server.
  private func status(_ client: ControlClient) throws -> JSONValue? {
    do {
      return try call(client, "status")
    } catch is ControlError {
      return nil
    }
  }

  /// Nil: an older run, which has no such method.
  private func graph(_ client: ControlClient) throws -> JSONValue? {
    do {
      return try call(client, "graph")
    } catch is ControlError {
      return nil
    }
  }

  /// Nil: the run can't stream now. It may be an older one, or full.
  private func subscribe(_ client: ControlClient) throws -> JSONValue? {
    do {
      return try call(client, "subscribe", ["most": 10])["subscription"]
    } catch is ControlError {
      return nil
    }
  }

  /// False: the subscription is over.
  private func fetch(_ client: ControlClient, _ subscription: JSONValue) throws -> Bool {
    let name = name
    do {
      var hasMore = true
      while hasMore {
        let answer = try call(client, "fetch", ["subscription": subscription])
        let records = answer["items"]?.array ?? []
        if !records.isEmpty { board.post { $0.add(records, of: name) } }
        hasMore = answer["more"]?.boolean ?? false
      }
      return true
    } catch is ControlError {
      return false
    }
  }
}
