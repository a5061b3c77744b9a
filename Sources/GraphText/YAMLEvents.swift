// This code reads libyaml's events, because any file must be read within limits and with all its mistakes. Readers above
// libyaml stop at the first duplicate key and drop the end of scalars.
internal import CYAML

/// A position in libyaml's count: from 0, in Unicode scalars.
struct YAMLMark: Hashable {
  var line: Int
  var column: Int
}

enum YAMLEvent {
  case documentStart
  case documentEnd
  case streamEnd
  case scalar(text: String, isPlain: Bool)
  case alias(String)
  case listStart
  case listEnd
  case mapStart
  case mapEnd
}

struct YAMLSyntaxError: Error {
  var problem: String
  /// What libyaml was reading, and the line where that begins; nil if it does not help.
  var context: (text: String, line: Int)?
  var mark: YAMLMark
  /// libyaml's own limit of nested levels was reached.
  var isDepth: Bool { problem.hasPrefix("Maximum nesting level") }
}

/// The events of a YAML text, one after the other.
final class YAMLEventReader {
  struct Item {
    var event: YAMLEvent
    var anchor: String?
    var tag: String?
    var start: YAMLMark
    var end: YAMLMark
  }

  private var parser = yaml_parser_t()
  private let text: UnsafeMutableBufferPointer<UInt8>

  /// - Parameter bytes: valid UTF-8.
  init(_ bytes: some Collection<UInt8>) {
    text = .allocate(capacity: bytes.count)
    _ = text.initialize(from: bytes)
    yaml_parser_initialize(&parser)
    yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING)
    yaml_parser_set_input_string(&parser, text.baseAddress, text.count)
  }

  deinit {
    yaml_parser_delete(&parser)
    text.deallocate()
  }

  /// The next event. Do not call it after an error or the end of the stream.
  func next() throws(YAMLSyntaxError) -> Item {
    var event = yaml_event_t()
    repeat {
      yaml_event_delete(&event)
      guard yaml_parser_parse(&parser, &event) == 1 else { throw syntaxError() }
    } while event.type == YAML_STREAM_START_EVENT || event.type == YAML_NO_EVENT
    defer { yaml_event_delete(&event) }
    return item(event)
  }

  private func item(_ event: yaml_event_t) -> Item {
    var item = Item(event: .streamEnd, start: mark(event.start_mark), end: mark(event.end_mark))
    switch event.type {
    case YAML_DOCUMENT_START_EVENT: item.event = .documentStart
    case YAML_DOCUMENT_END_EVENT: item.event = .documentEnd
    case YAML_SEQUENCE_END_EVENT: item.event = .listEnd
    case YAML_MAPPING_END_EVENT: item.event = .mapEnd
    case YAML_ALIAS_EVENT: item.event = .alias(string(event.data.alias.anchor) ?? "")
    case YAML_SCALAR_EVENT:
      let scalar = event.data.scalar
      let value = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
      item.event = .scalar(
        text: String(decoding: value, as: UTF8.self), isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE)
      (item.anchor, item.tag) = (string(scalar.anchor), string(scalar.tag))
    case YAML_SEQUENCE_START_EVENT:
      item.event = .listStart
      (item.anchor, item.tag) = (string(event.data.sequence_start.anchor), string(event.data.sequence_start.tag))
    case YAML_MAPPING_START_EVENT:
      item.event = .mapStart
      (item.anchor, item.tag) = (string(event.data.mapping_start.anchor), string(event.data.mapping_start.tag))
    default: break
    }
    return item
  }

  private func syntaxError() -> YAMLSyntaxError {
    func text(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }
    var context: (text: String, line: Int)?
    if let what = text(parser.context), what != "while scanning for the next token" {
      context = (what, Int(parser.context_mark.line))
    }
    return YAMLSyntaxError(
      problem: text(parser.problem) ?? "out of memory", context: context, mark: mark(parser.problem_mark))
  }

  private func mark(_ mark: yaml_mark_t) -> YAMLMark {
    YAMLMark(line: Int(mark.line), column: Int(mark.column))
  }

  private func string(_ pointer: UnsafePointer<UInt8>?) -> String? { pointer.map { String(cString: $0) } }
}
