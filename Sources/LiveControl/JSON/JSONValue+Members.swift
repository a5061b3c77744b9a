import RunControl

/// Short ways to make values.
extension JSONValue {
  /// An object; members without a value are left out.
  public static func members(_ members: KeyValuePairs<String, JSONValue?>) -> JSONValue {
    .object(Dictionary(uniqueKeysWithValues: members.compactMap { key, value in value.map { (key, $0) } }))
  }

  public static func integer(_ number: Int) -> JSONValue { .integer(Int64(number)) }

  public static func texts(_ texts: some Sequence<String>) -> JSONValue { .array(texts.map { .text($0) }) }
}
