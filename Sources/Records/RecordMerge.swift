/// Sorts the records of several inputs by end, begin, node name and channel. The result does not depend on the order in
/// which inputs deliver, or on how they cut.
///
/// Each input has a watermark. A record leaves when every input's watermark is past its end, so that no earlier record
/// can follow. A gap that several inputs report leaves once.
public struct RecordMerge: Sendable {
  private struct Entry {
    var record: Record
    /// Number of records that its input delivered before. It keeps an input's records of one span and channel in order.
    var sequence: Int
  }
  private var pending: [Entry] = []
  private var complete: [Int64]
  private var sequences: [Int]
  /// The gaps that left last. A gap that another input reports now is a repetition.
  private var gaps: [Record] = []
  private static let remembered = 64

  public init(inputs: Int) {
    complete = Array(repeating: Int64.min, count: inputs)
    sequences = Array(repeating: 0, count: inputs)
  }

  /// The frame position through which every input is complete.
  public var watermark: Int64 { complete.min() ?? Int64.max }

  /// Records that wait for a slower input.
  public var waiting: Int { pending.count }

  public mutating func add(_ records: [Record], from input: Int) {
    for record in records {
      pending.append(Entry(record: record, sequence: sequences[input]))
      sequences[input] += 1
    }
  }

  /// Adds a record from no input; it leaves in order with the others.
  public mutating func add(_ record: Record) {
    pending.append(Entry(record: record, sequence: 0))
  }

  /// Sets the position through which an input has delivered all records. It never decreases.
  public mutating func advance(_ input: Int, to position: Int64) {
    complete[input] = max(complete[input], position)
  }

  /// Notes that an input has delivered its last record.
  public mutating func end(_ input: Int) { complete[input] = Int64.max }

  /// The records that are final, in order.
  ///
  /// - Complexity: O(w + n log n) for w waiting records and n that leave.
  public mutating func take() -> [Record] {
    let watermark = watermark
    guard pending.contains(where: { $0.record.span.end <= watermark }) else { return [] }
    let split = pending.partition { $0.record.span.end <= watermark }
    var leaving = Array(pending[split...])
    pending.removeSubrange(split...)
    leaving.sort { isBefore($0, $1) }
    return leaving.map(\.record).filter { !isRepetition($0) }
  }

  /// All remaining records, in order: no input delivers more.
  public mutating func takeAll() -> [Record] {
    for input in complete.indices { end(input) }
    return take()
  }

  private mutating func isRepetition(_ record: Record) -> Bool {
    guard case .gap = record.content else { return false }
    if gaps.contains(where: { $0.span == record.span && $0.node == record.node && $0.content == record.content }) {
      return true
    }
    gaps.append(record)
    if gaps.count > Self.remembered { gaps.removeFirst() }
    return false
  }

  private func isBefore(_ one: Entry, _ other: Entry) -> Bool {
    let (a, b) = (one.record, other.record)
    if a.span.end != b.span.end { return a.span.end < b.span.end }
    if a.span.begin != b.span.begin { return a.span.begin < b.span.begin }
    if a.node != b.node { return a.node < b.node }
    if a.channel != b.channel { return (a.channel ?? -1) < (b.channel ?? -1) }
    if a.content.rank != b.content.rank { return a.content.rank < b.content.rank }
    if one.sequence != other.sequence { return one.sequence < other.sequence }
    return a.json.lexicographicallyPrecedes(b.json)
  }
}
