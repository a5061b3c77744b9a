import Glibc
import JSONText
import NIOHTTP1
import Synchronization
import SystemCalls

/// Runs the program `auscult` that lies beside the server, within limits, for what only it can do.
struct Programs: Sendable {
  private static let seconds = 20.0
  private static let mostBytes = 8 << 20
  /// How long an answer of `keptJSON` is kept.
  private static let age = Duration.seconds(60)

  private final class Cache: Sendable {
    let answers = Mutex<[[String]: (time: ContinuousClock.Instant, bytes: [UInt8])]>([:])
  }

  let queue = WorkQueue("auscult-program", threads: 2, waiting: 8)
  let path: String
  private let cache = Cache()

  init() {
    var path = [CChar](repeating: 0, count: Int(PATH_MAX))
    let count = readlink("/proc/self/exe", &path, path.count - 1)
    let own = String(decoding: path.prefix(max(0, count)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.path = String(own.prefix(through: own.lastIndex(of: "/") ?? own.startIndex)) + "auscult"
  }

  /// What the program prints. Thread: one that may wait.
  ///
  /// - Parameter statuses: exit statuses with which that is an answer.
  /// - Throws: why there is none, in the words of its last error if it ended with another status.
  func output(
    _ arguments: [String], input: [UInt8] = [], statuses: Set<Int32> = [0]
  ) throws(ReplyProblem) -> [UInt8] {
    var run = LimitedProgram(try Self.program(path), arguments, seconds: Self.seconds)
    run.input = input
    run.endsWithUs = true
    var bytes: [UInt8] = []
    let outcome = run.run { piece in
      bytes += piece
      return bytes.count <= Self.mostBytes
    }
    let command = "auscult \(arguments[0])"
    switch outcome?.end {
    case .ended(let status)? where statuses.contains(status): return bytes
    case .ended?: throw ReplyProblem(.unprocessableEntity, Self.words(outcome?.errors ?? ""))
    case .stopped?: throw ReplyProblem(.unprocessableEntity, "the answer is too long: ask for less")
    case .late?:
      throw ReplyProblem(
        .gatewayTimeout, "\(command) did not end within \(Int(Self.seconds)) s: try again, or ask for less")
    case .signalled(let signal)?: throw ReplyProblem(.badGateway, "\(command) was ended by signal \(signal)")
    case nil: throw ReplyProblem(.badGateway, "the system cannot start \(command) now: try again")
    }
  }

  /// The JSON that the program prints, as it is.
  func json(_ arguments: [String], input: [UInt8] = [], statuses: Set<Int32> = [0]) -> Reply {
    do throws(ReplyProblem) {
      let bytes = try output(arguments, input: input, statuses: statuses)
      return Reply(status: .ok, type: "application/json", body: bytes)
    } catch { return error.reply }
  }

  /// As `json`, for answers that hardly change.
  func keptJSON(_ arguments: [String]) -> Reply {
    let kept = cache.answers.withLock { $0[arguments] }
    if let kept, ContinuousClock.now - kept.time < Self.age {
      return Reply(status: .ok, type: "application/json", body: kept.bytes)
    }
    let reply = json(arguments)
    if reply.status == .ok { cache.answers.withLock { $0[arguments] = (.now, reply.body) } }
    return reply
  }

  /// - Throws: the program does not lie beside the server.
  static func program(_ path: String) throws(ReplyProblem) -> ExternalProgram {
    if let program = ExternalProgram(path) { return program }
    throw ReplyProblem(.badGateway, "\(path) cannot be run: install auscult in the same folder as auscult-serve")
  }

  /// The last error with its advice, on one line.
  private static func words(_ errors: String) -> String {
    let lines = errors.split(separator: "\n")
    let begin =
      lines.lastIndex { $0.hasPrefix("auscult: error: ") || $0.hasPrefix("Error: ") } ?? max(0, lines.count - 1)
    let text = lines[begin...].map { $0.drop { $0 == " " } }.joined(separator: "; ")
    let rest = text.hasPrefix("auscult: error: ") ? String(text.dropFirst("auscult: error: ".count)) : text
    return rest.isEmpty ? "it failed without a reason" : rest
  }
}
