import JSONText
import NIOHTTP1

/// What `/history` answers, by the program `auscult history`. Thread: one that may wait.
struct HistoryQueries: Sendable {
  /// Events and gaps in one answer, the latest.
  private static let mostRows = 2000
  static let mostBuckets = 2000

  let programs: Programs
  let file: String

  struct Query: Sendable {
    var machine: String?
    var since: String?
    var until: String?
    /// `scores`, `events`, `gaps`.
    var kinds: Set<String> = ["scores", "events", "gaps"]
    var buckets = 500

    /// - Throws: what is wrong.
    init(_ query: [String: String]) throws(ReplyProblem) {
      machine = query["machine"]
      since = try Self.time("since", query["since"])
      until = try Self.time("until", query["until"])
      if let problem = HistoryQueries.wrong(machine: machine) { throw ReplyProblem(problem) }
      if let kind = query["kind"] {
        guard kinds.contains(kind) else { throw ReplyProblem(.badRequest, "'kind' is one of scores, events, gaps") }
        kinds = [kind]
      }
      if let text = query["buckets"] {
        guard let number = Int(text), (1...HistoryQueries.mostBuckets).contains(number) else {
          throw ReplyProblem(.badRequest, "'buckets' must be a number from 1 to \(HistoryQueries.mostBuckets)")
        }
        buckets = number
      }
    }

    private static func time(_ name: String, _ text: String?) throws(ReplyProblem) -> String? {
      // A zone that was typed as it is, such as `+01:00`, comes as a space.
      guard let text = text.map({ $0.contains("T") ? $0.replacing(" ", with: "+") : $0 }) else { return nil }
      let isPlain = text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"): true
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: ":"), UInt8(ascii: "."), UInt8(ascii: "-"),
          UInt8(ascii: "+"), UInt8(ascii: " "):
          true
        default: false
        }
      }
      guard isPlain, (1...40).contains(text.utf8.count), !text.hasPrefix("-") else {
        throw ReplyProblem(.badRequest, "'\(name)' is no time, such as 2026-11-21T09:30:00Z, or 2d (before now)")
      }
      return text
    }

    fileprivate var arguments: [String] {
      [("machine", machine), ("since", since), ("until", until)].compactMap { name, value in
        value.map { "--\(name)=\($0)" }
      }
    }
  }

  /// Why a text is no machine's name; nil: it may be.
  static func wrong(machine: String?) -> Reply? {
    machine?.isPlain(most: 256) ?? true ? nil : .problem(.badRequest, "'machine' is no name")
  }

  /// Which machines and graphs there are.
  func list() -> Reply {
    do throws(ReplyProblem) {
      let rows = try rows(["--list"])
      let named = { (kind: String, name: String) in
        JSONValue.array(
          rows.filter { $0["kind"]?.text == kind }.map {
            [name: $0["name"] ?? .null, "first": $0["first"] ?? .null, "last": $0["last"] ?? .null]
          })
      }
      return .json(["runs": named("graph", "run"), "machines": named("machine", "machine")])
    } catch { return error.reply }
  }

  func answer(_ query: Query) -> Reply {
    do throws(ReplyProblem) {
      var members: [String: JSONValue] = [:]
      if query.kinds.contains("scores") { members["scores"] = .array(try scores(query)) }
      if query.kinds.contains("events") {
        members["events"] = .array(try events("alarm,deaf,connection,clock,swap,clip", query))
      }
      if query.kinds.contains("gaps") { members["gaps"] = .array(try events("gap", query)) }
      return .json(.object(members))
    } catch { return error.reply }
  }

  /// The clips of a graph, the newest first: paths of sounds.
  func clips(of graph: String, machine: String?) throws(ReplyProblem) -> [String] {
    var arguments = ["--kind=clip", "--last=\(Self.mostRows)"]
    if let machine { arguments.append("--machine=\(machine)") }
    return try rows(arguments).filter { $0["graph"]?.text == graph }.compactMap { $0["clip"]?.text }.reversed()
  }

  private func events(_ kinds: String, _ query: Query) throws(ReplyProblem) -> [JSONValue] {
    try rows(["--kind=\(kinds)", "--last=\(Self.mostRows)"] + query.arguments)
  }

  /// The worst score of each stretch of time.
  private func scores(_ query: Query) throws(ReplyProblem) -> [JSONValue] {
    let rows = try rows(["--kind=score", "--buckets=\(query.buckets)"] + query.arguments)
    return rows.map { row in
      let names = ["time", "machine", "node", "score", "threshold", "anomalous", "count"]
      return .object(Dictionary(uniqueKeysWithValues: names.map { ($0, row[$0] ?? .null) }))
    }
  }

  private func rows(_ arguments: [String]) throws(ReplyProblem) -> [JSONValue] {
    let file = file.hasPrefix("-") ? "./" + file : file
    let bytes = try programs.output(["history", file, "--format=json"] + arguments)
    return bytes.split(separator: UInt8(ascii: "\n")).compactMap { try? JSONValue(parsing: $0) }
  }
}
