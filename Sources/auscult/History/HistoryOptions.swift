import ArgumentParser
import Database
import GraphText
import History

/// The history that `history` and `trend` read, and the part of it.
struct HistoryOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("The database of a sink.sqlite.", valueName: "file"),
    completion: .file())
  var file = "auscult.sqlite"
  @Option(
    help: ArgumentHelp("Only this machine; may be given several times.", valueName: "name"), completion: .machines)
  var machine: [String] = []
  @Option(
    help: ArgumentHelp(
      "From then on: `2d`, `90min` (before now), `2026-11-21`, `2026-11-21T09:30Z`.", valueName: "time"))
  var since: Moment?
  @Option(help: ArgumentHelp("Until then. A time without a zone is UTC.", valueName: "time")) var until: Moment?

  func validate() throws {
    if let since, let until, since.nanoseconds >= until.nanoseconds {
      throw ValidationError("--since must lie before --until.")
    }
  }

  var filter: HistoryFilter {
    var filter = HistoryFilter()
    filter.machines = machine
    filter.since = since?.nanoseconds
    filter.until = until?.nanoseconds
    return filter
  }

  /// Opens the database, and refuses a machine that it does not know.
  func open() throws -> HistoryReader {
    do {
      let reader = try HistoryReader(file)
      let known = try reader.machines()
      for name in machine where !known.contains(name) {
        guard try !reader.hasEvents(of: name) else { continue }
        throw Failure(
          "\(file.shown) has nothing of the machine '\(name.shown)'",
          advice: known.isEmpty ? nil : "it has \(known.prefix(20).map { "'\($0.shown)'" }.joined(separator: ", "))")
      }
      return reader
    } catch let problem as DatabaseProblem {
      throw Failure(problem.description)
    }
  }

  /// Why there is nothing to draw or to sum up, if it is because the scores have no time.
  func untimed(_ reader: HistoryReader) throws -> String? {
    do {
      guard try reader.hasScoresWithoutTime(filter) else { return nil }
    } catch {
      throw Failure.wording(error)
    }
    return "\(file.shown): its scores have no time, because the time of the recordings was not known; give `run` "
      + "--start-time or --name-time"
  }
}

extension Failure {
  static func wording(_ problem: DatabaseProblem) -> Failure { Failure(problem.description) }
}
