import Database
import Glibc
import OutputFiles
import Records
import Synchronization

/// The messages that the broker has not acknowledged, in order, in an SQLite file. What is added outlives the program.
///
/// The sink's thread adds by one connection; the courier's thread reads and removes by another.
final class Outbox: @unchecked Sendable {
  struct Entry: Sendable {
    var id: Int64
    var topic: String
    var payload: [UInt8]
  }

  /// Messages that were dropped because of a limit.
  struct Dropped: Sendable, Equatable {
    var scores = 0
    var alarms = 0
    var span = Span(begin: .max, end: 0)
    var count: Int { scores + alarms }
  }

  /// Seconds that the courier waits for the sink, and milliseconds that the sink waits for the courier.
  private static let (courierPatience, sinkPatience) = (5.0, 100)

  let path: String
  private let identity: FileIdentity?
  private let limit: Int
  /// Seconds.
  private let age: Double
  /// Messages that wait. Exact, except while another instance uses the same file.
  private let number = Atomic<Int>(0)
  private let version = Atomic<Int>(0)

  private let sink: Connection
  private let insert: Statement
  private let courier: Connection
  private let select: Statement
  private let delete: Statement

  /// Opens the file in a folder. Sets a damaged one aside.
  ///
  /// - Parameter tell: receives a message about a file that was set aside.
  init(folder: String, limit: Int, age: Double, tell: (String) -> Void) throws(FileProblem) {
    path = folder + "/outbox.sqlite"
    self.limit = limit
    self.age = age
    do {
      sink = try Self.open(path, tell)
      identity = FileIdentity(path)
      courier = try Connection(path, .readWrite, patience: Self.courierPatience)
      // The courier writes the journal back: the sink never waits for the disk.
      try sink.execute(
        "PRAGMA busy_timeout = \(Self.sinkPatience); PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")
      try courier.execute("PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint = 0")
      insert = try Statement(
        sink, "INSERT INTO messages (alarm, added, topic, payload, begin, end) VALUES (?, ?, ?, ?, ?, ?)")
      select = try Statement(courier, "SELECT id, topic, payload FROM messages WHERE id > ? ORDER BY id LIMIT ?")
      delete = try Statement(courier, "DELETE FROM messages WHERE id = ?")
    } catch {
      throw FileProblem(error)
    }
    try recount()
  }

  private static func open(_ path: String, _ tell: (String) -> Void) throws(DatabaseProblem) -> Connection {
    do throws(DatabaseProblem) {
      let connection = try prepared(path)
      try check(connection)
      return connection
    } catch {
      guard error.isDamaged else { throw error }
      let aside = path + ".damaged"
      for ending in ["", "-wal", "-shm"] { rename(path + ending, aside + ending) }
      tell("\(path) is damaged: moved it to \(aside) and began a new one; messages in it were not sent")
      return try prepared(path)
    }
  }

  /// Finds damage that would show only when the messages there are to be sent.
  private static func check(_ connection: Connection) throws(DatabaseProblem) {
    let statement = try Statement(connection, "PRAGMA quick_check(1)")
    guard try statement.next(), statement.text(0) == "ok" else { throw DatabaseProblem.damaged(connection.path) }
  }

  private static func prepared(_ path: String) throws(DatabaseProblem) -> Connection {
    let connection = try Connection(path, .readWrite, patience: courierPatience)
    try connection.execute(
      """
      PRAGMA journal_mode = WAL;
      CREATE TABLE IF NOT EXISTS messages (
        id INTEGER PRIMARY KEY AUTOINCREMENT, alarm INTEGER NOT NULL, added INTEGER NOT NULL, topic TEXT NOT NULL,
        payload BLOB NOT NULL, begin INTEGER NOT NULL, end INTEGER NOT NULL);
      CREATE INDEX IF NOT EXISTS messages_by_worth ON messages (alarm, id);
      PRAGMA user_version = 1
      """)
    return connection
  }

  /// Words the problems of the database as those of a file.
  private func wording<T>(_ body: () throws(DatabaseProblem) -> T) throws(FileProblem) -> T {
    do { return try body() } catch { throw FileProblem(error) }
  }

  /// Messages that wait. Any thread.
  var count: Int { max(0, number.load(ordering: .relaxed)) }

  /// Grows with every change. Any thread.
  var changes: Int { version.load(ordering: .relaxed) }

  private func note(_ difference: Int) {
    number.add(difference, ordering: .relaxed)
    version.add(1, ordering: .relaxed)
  }

  // MARK: The sink

  /// Adds messages, all or none, and drops what is beyond the limits. Thread: the sink's.
  ///
  /// - Parameter isLast: there is no later attempt: waits for the courier as long as it takes.
  func add(_ messages: [Message], isLast: Bool = false) throws(FileProblem) -> Dropped {
    let now = Self.now
    if isLast {
      try wording { () throws(DatabaseProblem) in
        try sink.execute("PRAGMA busy_timeout = \(Int(Self.courierPatience * 1000))")
      }
    }
    try wording { () throws(DatabaseProblem) in
      try sink.transaction { () throws(DatabaseProblem) in
        for message in messages {
          try insert.run(
            message.isAlarm ? Int64(1) : 0, now, message.topic, message.payload, message.span.begin, message.span.end)
        }
      }
    }
    note(messages.count)
    return try trim()
  }

  private func trim() throws(FileProblem) -> Dropped {
    guard count > limit else { return Dropped() }
    try recount()
    guard count > limit else { return Dropped() }
    return try drop("id IN (SELECT id FROM messages ORDER BY alarm, id LIMIT \(count - limit))")
  }

  /// Drops scores that have waited for too long. Thread: the sink's.
  func dropOld() throws(FileProblem) -> Dropped {
    guard count > 0 else { return Dropped() }
    return try drop("alarm = 0 AND added < \(Self.now - Int64(age * 1000))")
  }

  private func drop(_ which: String) throws(FileProblem) -> Dropped {
    var dropped = Dropped()
    try wording { () throws(DatabaseProblem) in
      let statement = try Statement(sink, "DELETE FROM messages WHERE \(which) RETURNING alarm, begin, end")
      while try statement.next() {
        if statement.integer(0) == 1 { dropped.alarms += 1 } else { dropped.scores += 1 }
        dropped.span.begin = min(dropped.span.begin, statement.integer(1) ?? .max)
        dropped.span.end = max(dropped.span.end, statement.integer(2) ?? 0)
      }
    }
    note(-dropped.count)
    return dropped
  }

  private func recount() throws(FileProblem) {
    let count = try wording { () throws(DatabaseProblem) in try sink.integer("SELECT count(*) FROM messages") }
    number.store(Int(count ?? 0), ordering: .relaxed)
  }

  /// Whether somebody has moved the file away or removed it: what is added then is lost with the program.
  var isGone: Bool { FileIdentity(path) != identity }

  /// Makes a new file at the path, or continues the one that is there, and adds all messages to it. Thread: the sink's.
  ///
  /// - Parameter tell: as with `init`.
  func copyToPath(_ tell: (String) -> Void) throws(FileProblem) {
    try wording { () throws(DatabaseProblem) in
      _ = try Self.open(path, tell)
      let attach = try Statement(sink, "ATTACH ? AS fresh")
      attach.bind(1, path)
      try attach.run()
      defer { try? sink.execute("DETACH fresh") }
      let columns = "alarm, added, topic, payload, begin, end"
      try sink.execute("INSERT INTO fresh.messages (\(columns)) SELECT \(columns) FROM main.messages ORDER BY id")
    }
  }

  // MARK: The courier

  /// The next messages after one, in order. Thread: the courier's.
  func next(after id: Int64, most: Int) throws(FileProblem) -> [Entry] {
    select.bindAll(id, Int64(most))
    var entries: [Entry] = []
    try wording { () throws(DatabaseProblem) in
      while try select.next() {
        entries.append(
          Entry(id: select.integer(0) ?? 0, topic: select.text(1) ?? "", payload: select.bytes(2)))
      }
    }
    return entries
  }

  /// Removes messages that the broker has acknowledged. Thread: the courier's.
  func remove(_ ids: [Int64]) throws(FileProblem) {
    var removed = 0
    try wording { () throws(DatabaseProblem) in
      try courier.transaction { () throws(DatabaseProblem) in
        removed = 0
        for id in ids {
          try delete.run(id)
          removed += courier.changes
        }
      }
    }
    note(-removed)
  }

  /// Writes the journal to the disk, so that what was added outlives a power failure, too. Thread: the courier's.
  func save() { try? courier.execute("PRAGMA wal_checkpoint(PASSIVE)") }

  /// Milliseconds since the Unix epoch.
  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }
}
