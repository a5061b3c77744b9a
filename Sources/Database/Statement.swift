import CSQLite

/// A prepared statement: its parameters, then its rows.
public final class Statement {
  private unowned let connection: Connection
  private let handle: OpaquePointer

  public init(_ connection: Connection, _ sql: String) throws(DatabaseProblem) {
    var handle: OpaquePointer?
    let code = sqlite3_prepare_v2(connection.handle, sql, -1, &handle, nil)
    guard code == SQLITE_OK, let handle else { throw connection.problem(code) }
    self.handle = handle
    self.connection = connection
  }

  deinit { sqlite3_finalize(handle) }

  // MARK: Parameters, counted from 1

  /// Sets the first parameters, in order.
  public func bindAll<each Value: StatementValue>(_ values: repeat each Value) {
    var index = 0
    for value in repeat each values {
      index += 1
      value.bind(to: self, index)
    }
  }

  public func bind(_ index: Int, _ number: Int64?) {
    if let number { sqlite3_bind_int64(handle, Int32(index), number) } else { bindNull(index) }
  }

  /// A number that is not finite becomes NULL.
  public func bind(_ index: Int, _ number: Double?) {
    if let number, number.isFinite { sqlite3_bind_double(handle, Int32(index), number) } else { bindNull(index) }
  }

  public func bind(_ index: Int, _ text: String?) {
    guard var text else { return bindNull(index) }
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        _ = sqlite3_bind_text(handle, Int32(index), characters.baseAddress ?? Self.empty, Int32(bytes.count), transient)
      }
    }
  }

  public func bind(_ index: Int, _ bytes: [UInt8]) {
    sqlite3_bind_blob(handle, Int32(index), bytes, Int32(bytes.count), transient)
  }

  public func bindNull(_ index: Int) { sqlite3_bind_null(handle, Int32(index)) }

  nonisolated(unsafe) private static let empty: UnsafePointer<CChar> = {
    let pointer = UnsafeMutablePointer<CChar>.allocate(capacity: 1)
    pointer.initialize(to: 0)
    return UnsafePointer(pointer)
  }()

  /// SQLite copies the bytes before the call returns.
  private var transient: sqlite3_destructor_type { unsafeBitCast(-1, to: sqlite3_destructor_type.self) }

  // MARK: Running

  /// Runs a statement without rows with these parameters, and resets it.
  public func run<each Value: StatementValue>(_ values: repeat each Value) throws(DatabaseProblem) {
    bindAll(repeat each values)
    let code = sqlite3_step(handle)
    sqlite3_reset(handle)
    guard code == SQLITE_DONE || code == SQLITE_ROW else { throw connection.problem(code) }
  }

  /// Goes on to the next row; false: there is none, and the statement is reset.
  public func next() throws(DatabaseProblem) -> Bool {
    let code = sqlite3_step(handle)
    if code == SQLITE_ROW { return true }
    sqlite3_reset(handle)
    guard code == SQLITE_DONE else { throw connection.problem(code) }
    return false
  }

  public func reset() { sqlite3_reset(handle) }

  // MARK: Columns, counted from 0

  public func isNull(_ column: Int) -> Bool { sqlite3_column_type(handle, Int32(column)) == SQLITE_NULL }

  public func integer(_ column: Int) -> Int64? {
    isNull(column) ? nil : sqlite3_column_int64(handle, Int32(column))
  }

  public func number(_ column: Int) -> Double? {
    isNull(column) ? nil : sqlite3_column_double(handle, Int32(column))
  }

  public func text(_ column: Int) -> String? {
    guard let bytes = sqlite3_column_text(handle, Int32(column)) else { return nil }
    let count = Int(sqlite3_column_bytes(handle, Int32(column)))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  public func bytes(_ column: Int) -> [UInt8] {
    guard let bytes = sqlite3_column_blob(handle, Int32(column)) else { return [] }
    return Array(UnsafeRawBufferPointer(start: bytes, count: Int(sqlite3_column_bytes(handle, Int32(column)))))
  }
}
