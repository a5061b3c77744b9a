/// What the `bext` chunk of a recording says of its channels: "machines=fan-00,fan-01". By it, `auscult cut` finds a
/// machine's channel.
public enum WavDescription {
  private static let key = "machines="
  /// The field's length.
  private static let most = 256

  /// Empty: the names do not fit.
  public static func text(_ machines: [String]) -> String {
    let text = key + machines.map { ClipName.escaped($0, most: .max) }.joined(separator: ",")
    return text.utf8.count <= most ? text : ""
  }

  /// The channel of a machine, from 0; nil: the text does not say.
  public static func channel(of machine: String, in text: String) -> Int? {
    guard text.hasPrefix(key) else { return nil }
    let wanted = ClipName.escaped(machine, most: .max)
    return text.dropFirst(key.count).split(separator: ",").firstIndex { $0 == wanted }
  }

  /// Whether a text says which machines there are.
  public static func namesMachines(_ text: String) -> Bool { text.hasPrefix(key) }
}
