import DetectorHost
import GraphEngine
import NodeKit
import NumberText
import Synchronization

/// Collects the tokens of taps. A tap is a sink of the program itself. It replaces nodes of a graph, so it gets exactly
/// the tokens that reach a node, or leave it, in a run.
public final class TapStore: @unchecked Sendable {
  private let tokens = Mutex<[TapToken]>([])
  /// By channel.
  private let memories = Mutex<[Int: TokenMemory]>([:])
  private let sharesRows: Bool
  private let bytes = Atomic<Int>(0)
  private let isClosed = Atomic<Bool>(false)
  private struct Stores {
    var byName: [String: Weak] = [:]
    var made = 0
  }
  private struct Weak { weak var store: TapStore? }
  private static let stores = Mutex(Stores())
  public let name: String

  /// - Parameter sharesRows: whether features and slices share the memory of common rows, and live as long as any of
  ///   them: for tokens that are all kept.
  public init(sharesRows: Bool = false) {
    self.sharesRows = sharesRows
    name = TapStore.stores.withLock { stores in
      stores.made += 1
      return "\(stores.made)"
    }
    let reference = Weak(store: self)
    TapStore.stores.withLock { $0.byName[name] = reference }
  }

  static func store(_ name: String) -> TapStore? { stores.withLock { $0.byName[name]?.store } }

  /// - Parameter grown: bytes that their views take.
  /// - Throws: `NodeError` where the tokens that are not taken yet exceed the allowed memory.
  func append(_ new: [TapToken], grown: Int = 0) throws {
    guard !isClosed.load(ordering: .relaxed) else { return }
    let size = new.reduce(grown) { $0 + MemoryLayout<TapToken>.stride + $1.values.count * MemoryLayout<Float>.stride }
    let held = bytes.add(size, ordering: .relaxed).newValue
    // Asking for the free memory takes a while.
    if held >> 24 != (held - size) >> 24, held > MemoryLimit.standard.bytes / 2 {
      tokens.withLock { $0 = [] }
      throw NodeError(
        "the tokens of this recording take more than \(NumberText.bytes(held)): cut it into several, or allow more with --memory"
      )
    }
    tokens.withLock { $0 += new }
  }

  /// Keeps a token's values, if the store shares rows; adds the bytes that they take to `grown`.
  func keep(
    _ values: UnsafePointer<Float>, channel: Int, rows: Int, columns: Int, _ grown: inout Int
  ) -> TokenView? {
    guard sharesRows else { return nil }
    let memory = memories.withLock { memories in
      let memory = memories[channel] ?? TokenMemory(rows: rows, columns: columns)
      memories[channel] = memory
      return memory
    }
    let before = memory.bytes
    defer { grown += memory.bytes - before }
    return memory.add(values)
  }

  /// Bytes of the tokens of a store that shares rows, also of those that were taken.
  var keptBytes: Int { memories.withLock { $0.values.reduce(0) { $0 + $1.bytes } } }

  /// Stops collecting.
  public func close() {
    isClosed.store(true, ordering: .relaxed)
    _ = take()
  }

  /// All tokens since the last call.
  public func take() -> [TapToken] {
    tokens.withLock { tokens in
      defer { tokens = [] }
      bytes.store(0, ordering: .relaxed)
      return tokens
    }
  }

  deinit { TapStore.stores.withLock { $0.byName[name] = nil } }
}
