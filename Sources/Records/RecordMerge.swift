/// Puts the records of several inputs into one order: by end, begin, node name and channel, whatever the order in which
/// the inputs deliver and however they cut.
///
/// Each input says up to which frame position it is complete; a record leaves when every input is complete beyond its
/// end, so nothing that belongs before it can still come. A gap that several inputs report alike leaves once.
public struct RecordMerge: Sendable {
  private struct Entry {
    var record: Record
    /// How many records its input delivered before: keeps what one input says of one span and channel in order.
    var sequence: Int
  }
  private var pending: [Entry] = []
  private var complete: [Int64]
  private var sequences: [Int]
  /// The gaps that left last: one that an input reports only now is a repetition.
  private var gaps: [Record] = []
  private static let remembered = 64

  public init(inputs: Int) {
    complete = Array(repeating: Int64.min, count: inputs)
    sequences = Array(repeating: 0, count: inputs)
  }

  /// Up to where every input has delivered all.
  public var watermark: Int64 { complete.min() ?? Int64.max }

  /// Records that wait for a slower input.
  public var waiting: Int { pending.count }

  public mutating func add(_ records: [Record], from input: Int) {
    for record in records {
      pending.append(Entry(record: record, sequence: sequences[input]))
      sequences[input] += 1
    }
  }

  /// Adds a record that no input delivered; it leaves when the others up to its end do.
  public mutating func add(_ record: Record) {
    pending.append(Entry(record: record, sequence: 0))
  }

  /// Says that an input has delivered all records that end at or before a position. It never goes back.
  public mutating func advance(_ input: Int, to position: Int64) {
    complete[input] = max(complete[input], position)
  }

  /// Says that an input has delivered all it ever will.
  public mutating func end(_ input: Int) { complete[input] = Int64.max }

  /// The records that are final, in order.
  ///
  /// - Complexity: O(w + n log n) for w that wait and n that leave.
  public mutating func take() -> [Record] {
    let watermark = watermark
    guard pending.contains(where: { $0.record.span.end <= watermark }) else { return [] }
    let split = pending.partition { $0.record.span.end <= watermark }
    var leaving = Array(pending[split...])
    pending.removeSubrange(split...)
    leaving.sort { isBefore($0, $1) }
    return leaving.map(\.record).filter { !isRepetition($0) }
  }

  /// All that is left, in order: nothing more comes.
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
