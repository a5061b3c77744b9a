import JSONText
import Records
import Synchronization

/// The items of one subscription that nobody has fetched yet. When it is full, the oldest are dropped and counted: the
/// worker that fills it never waits.
final class StreamQueue: Sendable {
  /// Most numbers that wait: some megabytes.
  static let limit = 400_000
  /// Most numbers in one answer, which is shorter than a line of the protocol.
  static let answerLimit = 40_000

  struct Answer {
    var items: [JSONValue]
    /// Items that were dropped since the last answer.
    var dropped: Int
    /// More items wait.
    var hasMore: Bool
  }

  private struct State {
    var items: [StreamItem] = []
    /// Items before it were fetched or dropped.
    var first = 0
    var size = 0
    var dropped = 0
    /// Descriptions of streams, which are never dropped. By stream: the latest counts.
    var formats: [(stream: Int, json: JSONValue)] = []
    /// By stream and channel: the end of the last token that was not left out.
    var ends: [[Int]: Int64] = [:]
    /// Gaps that several streams report.
    var gaps: [Record] = []
  }

  let machine: String?
  /// Most tokens a second of each stream and channel.
  let most: Double?
  private let state = Mutex(State())

  init(machine: String? = nil, most: Double? = nil) {
    self.machine = machine
    self.most = most
  }

  /// Thread: worker.
  ///
  /// - Parameter stream: number of the stream in the subscription.
  func add(_ items: [StreamItem], of stream: Int) {
    guard !items.isEmpty else { return }
    state.withLock { state in
      for item in items where isWanted(item, stream, &state) {
        state.items.append(item)
        state.size += item.size
      }
      while state.size > Self.limit, state.first < state.items.count {
        state.size -= state.items[state.first].size
        state.first += 1
        state.dropped += 1
      }
      if state.first > 4096, state.first > state.items.count / 2 {
        state.items.removeFirst(state.first)
        state.first = 0
      }
    }
  }

  /// Describes the tokens that follow. Thread: worker.
  func add(format: JSONValue, of stream: Int) {
    state.withLock { state in
      state.formats.removeAll { $0.stream == stream }
      state.formats.append((stream, format))
    }
  }

  /// Takes the oldest items. Thread: any.
  func take() -> Answer {
    let (formats, items, dropped, hasMore) = state.withLock { state in
      var end = state.first
      var size = 0
      while end < state.items.count, end == state.first || size + state.items[end].size <= Self.answerLimit {
        size += state.items[end].size
        end += 1
      }
      let taken = Array(state.items[state.first..<end])
      state.items.removeFirst(end)
      state.first = 0
      state.size -= size
      defer {
        state.formats = []
        state.dropped = 0
      }
      return (state.formats.map(\.json), taken, state.dropped, !state.items.isEmpty)
    }
    // Formatted here, so that it takes no worker's time.
    return Answer(items: formats + items.map(\.json), dropped: dropped, hasMore: hasMore)
  }

  private func isWanted(_ item: StreamItem, _ stream: Int, _ state: inout State) -> Bool {
    if let machine, let own = item.machine, own != machine { return false }
    if case .record(let record) = item, case .gap = record.content {
      if state.gaps.contains(record) { return false }
      state.gaps = state.gaps.suffix(31) + [record]
    }
    guard let most, let (channel, end, rate) = item.thinned else { return true }
    // A little early, so that a stream of exactly this pace loses no token to rounding.
    if let last = state.ends[[stream, channel]], end > last, Double(end - last) < 0.99 * Double(rate) / most {
      return false
    }
    state.ends[[stream, channel]] = end
    return true
  }
}
