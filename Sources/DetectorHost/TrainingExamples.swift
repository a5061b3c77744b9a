/// The tokens of one machine, for training: views, which a copy of this shares.
public struct TrainingExamples: @unchecked Sendable {
  /// [count] the values of each token; the tokens of a recording are contiguous and in order.
  private(set) var tokens: [UnsafePointer<Float>] = []
  /// [count] index into the labels; empty: all normal.
  public private(set) var labels: [Int32] = []
  /// [count] index of each token's recording.
  public private(set) var recordings: [UInt32] = []
  /// Of the tokens.
  private var memories: [TokenMemory] = []
  /// Of tokens that were added as values.
  private var own: TokenMemory?
  public var count: Int { tokens.count }

  public init() {}

  public mutating func add(_ token: TokenView, recording: UInt32, label: Int32? = nil) {
    if !memories.contains(where: { $0 === token.memory }) { memories.append(token.memory) }
    tokens.append(token.first)
    recordings.append(recording)
    if let label { labels.append(label) }
  }

  /// Adds a copy of values [rows x columns]; all tokens have the same shape.
  public mutating func add(_ values: [Float], rows: Int, recording: UInt32, label: Int32? = nil) {
    let memory = own ?? TokenMemory(rows: rows, columns: values.count / rows)
    own = memory
    add(memory.add(values), recording: recording, label: label)
  }

  /// The chosen tokens.
  public func chosen(_ indices: [Int]) -> TrainingExamples {
    var result = TrainingExamples()
    result.tokens = indices.map { tokens[$0] }
    result.recordings = indices.map { recordings[$0] }
    if !labels.isEmpty { result.labels = indices.map { labels[$0] } }
    result.memories = memories
    return result
  }

  /// Runs the body on the values of each token, in order.
  public func withTokens<T>(_ body: ([UnsafePointer<Float>]) throws -> T) rethrows -> T {
    try withExtendedLifetime(memories) { try body(tokens) }
  }
}
