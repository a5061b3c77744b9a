/// A value that a parameter of a statement can have.
public protocol StatementValue {
  func bind(to statement: Statement, _ index: Int)
}

extension Int64: StatementValue {
  public func bind(to statement: Statement, _ index: Int) { statement.bind(index, self) }
}

extension Double: StatementValue {
  public func bind(to statement: Statement, _ index: Int) { statement.bind(index, self) }
}

extension String: StatementValue {
  public func bind(to statement: Statement, _ index: Int) { statement.bind(index, self) }
}

/// A blob.
extension Array: StatementValue where Element == UInt8 {
  public func bind(to statement: Statement, _ index: Int) { statement.bind(index, self) }
}

extension Optional: StatementValue where Wrapped: StatementValue {
  public func bind(to statement: Statement, _ index: Int) {
    if let self { self.bind(to: statement, index) } else { statement.bindNull(index) }
  }
}
