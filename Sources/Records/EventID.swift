/// The stable id of an alarm, or of a time of deafness: 16 hexadecimal digits.
///
/// All records of one alarm (raised, repeated, cleared, open) have the same id, in every sink. It is a hash of graph,
/// node, channel, machine, file, the frame position where the alarm begins, and the begin of a live run: a watch that
/// starts again counts positions from 0 again. Over files the id depends on nothing else, so it is the same in each run.
///
/// The hash is FNV-1a of 64 bits with a final mix: among a million events, two have the same id with a chance of
/// 1 : 37 million.
public struct EventID {
  private var hash: UInt64 = 0xcbf2_9ce4_8422_2325

  /// What an id belongs to. An inhibited time may begin where an alarm begins.
  public enum Kind: UInt8, Sendable { case alarm, inhibition, deafness }

  /// - Parameters:
  ///   - channel: nil: of no channel.
  ///   - begin: driver frame position where it begins.
  ///   - liveSince: begin of the live run in nanoseconds since the Unix epoch; 0: not live.
  public static func text(
    _ kind: Kind, graph: String, node: String, channel: Int?, machine: String?, file: String?, begin: Int64,
    liveSince: Int64
  ) -> String {
    var id = EventID()
    id.add(kind.rawValue)
    id.add(graph)
    id.add(node)
    id.add(Int64(channel ?? -1))
    id.add(machine ?? "")
    id.add(file ?? "")
    id.add(begin)
    id.add(liveSince)
    return id.digits
  }

  /// The id of a record's event.
  static func text(_ kind: Kind, _ record: Record, began: Int64) -> String {
    text(
      kind, graph: record.graph, node: record.node, channel: record.channel, machine: record.machine, file: record.file,
      begin: record.span.begin, liveSince: began)
  }

  private mutating func add(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }

  private mutating func add(_ number: Int64) {
    withUnsafeBytes(of: number.littleEndian) { for byte in $0 { add(byte) } }
  }

  /// The length first, so that the end of one text is never taken for the begin of the next.
  private mutating func add(_ text: String) {
    add(Int64(text.utf8.count))
    for byte in text.utf8 { add(byte) }
  }

  /// FNV-1a alone changes few of the high bits when the last bytes change. The mix is MurmurHash3's.
  private var digits: String {
    var mixed = hash
    mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
    mixed = (mixed ^ (mixed >> 33)) &* 0xc4ce_b9fe_1a85_ec53
    mixed ^= mixed >> 33
    let text = String(mixed, radix: 16)
    return String(repeating: "0", count: 16 - text.utf8.count) + text
  }
}
