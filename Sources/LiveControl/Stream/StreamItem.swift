import JSONText
import Records

/// What a subscription delivers: a record, or a token of another stream.
enum StreamItem: Sendable {
  /// A score, an event or a gap, as a sink would write it.
  case record(Record)
  case token(StreamToken)

  /// Nil: it belongs to no machine, and all subscriptions get it.
  var machine: String? {
    switch self {
    case .record(let record): record.machine
    case .token(let token): token.machine
    }
  }

  /// What it counts against the limits of a queue and of an answer: about the numbers in its JSON.
  var size: Int {
    switch self {
    case .record: 64
    case .token(let token): 24 + token.values.count
    }
  }

  /// If tokens are thinned: the channel and end of a token that may be left out. Nil: never leave it out.
  var thinned: (channel: Int, end: Int64, rate: Int)? {
    switch self {
    case .record(let record):
      guard case .score = record.content, let channel = record.channel else { return nil }
      return (channel, record.span.end, record.rate)
    case .token(let token): return (token.channel, token.span.end, token.rate)
    }
  }

  var json: JSONValue {
    switch self {
    case .record(let record): (try? JSONValue(parsing: record.json.dropLast())) ?? .null
    case .token(let token): token.json
    }
  }
}

/// A token of audio, spectra, features or slices, of one channel.
struct StreamToken: Sendable {
  var kind: String
  var graph: String
  var node: String
  var channel: Int
  var machine: String?
  var span: Span
  /// Driver frames per second.
  var rate: Int
  /// Nanoseconds since the Unix epoch at the span's end.
  var time: Int64?
  var flags: Record.Flags
  /// Audio: samples; a spectrum: real and imaginary part of each bin in turn; features; a slice: row after row.
  var values: [Float]

  var json: JSONValue {
    .members([
      "kind": .text(kind), "graph": .text(graph), "node": .text(node), "channel": .integer(channel),
      "machine": machine.map { .text($0) }, "begin": .integer(span.begin), "end": .integer(span.end),
      "rate": .integer(rate), "time": time.map { .text(wallTimeText($0)) },
      "flags": .texts(flags.names.map(\.description)),
      // The shortest text of a Float, not that of its value as a Double.
      "values": .array(values.map { .number(Double($0.description) ?? .nan) }),
    ])
  }
}
