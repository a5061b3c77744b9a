import Database
import Glibc
import TextEscapes

/// The tables of a history, in an SQLite database. `docs/HISTORY.md` describes them for people.
public enum HistorySchema {
  /// `PRAGMA application_id`: "ausc". Another program's database is never touched.
  static let application: Int64 = 0x6175_7363
  /// `PRAGMA user_version`.
  public static let version: Int64 = 1

  /// Tables of rows that age, each with the column that is a time.
  static let aging = ["scores", "minutes", "gaps", "clips", "events"]

  private static let tables = """
    CREATE TABLE runs (
      run INTEGER PRIMARY KEY, graph TEXT NOT NULL, node TEXT NOT NULL, source TEXT NOT NULL, began INTEGER NOT NULL,
      rate INTEGER NOT NULL, started TEXT NOT NULL, ended TEXT NOT NULL);
    CREATE TABLE models (model INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE);
    CREATE TABLE scores (
      machine TEXT NOT NULL, time TEXT NOT NULL, run INTEGER NOT NULL, node TEXT NOT NULL, file TEXT NOT NULL,
      "begin" INTEGER NOT NULL, "end" INTEGER NOT NULL, score REAL NOT NULL, threshold REAL,
      anomalous INTEGER NOT NULL, flags TEXT NOT NULL, generation INTEGER, model INTEGER, class TEXT,
      PRIMARY KEY (machine, time, run, node, file, "begin")) WITHOUT ROWID;
    CREATE TABLE minutes (
      machine TEXT NOT NULL, time TEXT NOT NULL, node TEXT NOT NULL, score REAL NOT NULL, threshold REAL,
      count INTEGER NOT NULL, anomalous INTEGER NOT NULL, PRIMARY KEY (machine, time, node)) WITHOUT ROWID;
    CREATE TABLE events (
      event INTEGER PRIMARY KEY, id TEXT, run INTEGER NOT NULL, kind TEXT NOT NULL, node TEXT NOT NULL,
      channel INTEGER, machine TEXT, state TEXT, time TEXT NOT NULL, "begin" INTEGER NOT NULL, "end" INTEGER NOT NULL,
      score REAL, threshold REAL, cause TEXT, generation INTEGER, model TEXT, file TEXT, clip TEXT, detail TEXT);
    CREATE UNIQUE INDEX event_once ON events (run, id, state, "end") WHERE id IS NOT NULL;
    CREATE INDEX event_ids ON events (id) WHERE id IS NOT NULL;
    CREATE INDEX event_times ON events (time);
    CREATE INDEX event_machines ON events (machine, time);
    CREATE TABLE gaps (
      gap INTEGER PRIMARY KEY, run INTEGER NOT NULL, node TEXT NOT NULL, time TEXT NOT NULL,
      "begin" INTEGER NOT NULL, "end" INTEGER NOT NULL, cause TEXT NOT NULL, count INTEGER, file TEXT);
    CREATE INDEX gap_times ON gaps (time);
    CREATE TABLE clips (
      path TEXT PRIMARY KEY, run INTEGER NOT NULL, event TEXT, machine TEXT, time TEXT NOT NULL,
      "begin" INTEGER NOT NULL, "end" INTEGER NOT NULL);
    CREATE INDEX clip_times ON clips (time);
    CREATE INDEX clip_events ON clips (event) WHERE event IS NOT NULL;
    CREATE INDEX event_clips ON events (clip) WHERE clip IS NOT NULL;
    CREATE TABLE trend (
      machine TEXT NOT NULL, node TEXT NOT NULL, model TEXT NOT NULL, day TEXT NOT NULL, count INTEGER NOT NULL,
      threshold REAL, digest BLOB NOT NULL, PRIMARY KEY (machine, node, model, day)) WITHOUT ROWID;
    """

  /// Makes the tables in an empty database; refuses one that is not ours.
  ///
  /// - Throws: also where the file is no database, or of a later version.
  public static func prepare(_ connection: Connection) throws(DatabaseProblem) {
    if try check(connection) { return }
    // Before the first table: SQLite can't change it later without copying everything.
    try connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
    try connection.execute("PRAGMA journal_mode = WAL")
    try connection.transaction { () throws(DatabaseProblem) in
      guard try !check(connection) else { return }
      try connection.execute(tables)
      try connection.execute("PRAGMA application_id = \(application); PRAGMA user_version = \(version)")
    }
  }

  /// Settings of a connection that writes. With `synchronous = NORMAL` a killed program loses nothing that was
  /// committed, and a power failure the last commits at most; neither damages the file.
  static func tune(_ connection: Connection) throws(DatabaseProblem) {
    try connection.execute("PRAGMA journal_mode = WAL")
    try connection.execute("PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 4194304")
    try connection.execute("PRAGMA cache_size = -4096; PRAGMA temp_store = MEMORY")
  }

  /// Whether the file's header says that it is a history, whatever else it has.
  static func isMarked(_ path: String) -> Bool {
    let descriptor = Glibc.open(PathText.bytes(path), O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    // Byte 68 of a database: its `application_id`, big-endian.
    var mark: UInt32 = 0
    return pread(descriptor, &mark, 4, 68) == 4 && UInt32(bigEndian: mark) == UInt32(application)
  }

  /// Whether the tables are there; false: the database is empty.
  @discardableResult
  public static func check(_ connection: Connection) throws(DatabaseProblem) -> Bool {
    let application = try connection.integer("PRAGMA application_id")
    let version = try connection.integer("PRAGMA user_version") ?? 0
    if application == Self.application {
      guard (1...Self.version).contains(version) else {
        throw DatabaseProblem(
          "\(connection.path) has version \(version) of the tables, and this program knows \(Self.version): update it, "
            + "or give another path")
      }
      return true
    }
    guard try connection.integer("SELECT count(*) FROM sqlite_master") == 0 else {
      throw DatabaseProblem(
        "\(connection.path) is another program's database: it is not touched; give another path, or move it away")
    }
    return false
  }
}
