import FoundationEssentials
import GraphText
import RunControl

/// A change of a running graph, as the control protocol carries it.
public struct ChangeRequest: Sendable, Equatable {
  public enum Kind: String, Sendable, CaseIterable {
    case apply, swap, set, shadow, rollback, promote, discard
  }

  /// Seconds, a hundred years: longer times overflow in nanoseconds or frames.
  public static let longestTimeout = 3.2e9

  public var kind: Kind
  /// `apply`: an absolute path; nil: the file that the graph came from.
  public var file: String?
  /// `apply`: the text of that file, instead of its content.
  public var text: String?
  /// `apply` of a text: writes it into the file when it runs.
  public var saves = false
  /// `apply`: drops what `swap` and `set` changed.
  public var isFresh = false
  /// `swap`, `set`, `shadow`: a node, and `key=value`s.
  public var node = ""
  public var values: [String] = []
  /// Relative paths in `values` start here: the working directory of the command.
  public var folder: String?
  /// `swap`: rebuilt libraries, instead of a node.
  public var libraries: Set<String> = []
  /// The run requested it because a file was written.
  public var isWatched = false
  /// `swap`: the run tries a new instance of a quarantined node, of the same class and build.
  public var isReturn = false
  /// Stops after the plan.
  public var isDryRun = false
  /// How long creating and activating the new nodes may take, in seconds.
  public var timeout: Double?

  public init(_ kind: Kind) { self.kind = kind }

  /// - Throws: `ControlError`.
  public init(_ kind: Kind, _ parameters: JSONValue) throws {
    self.kind = kind
    guard let members = parameters.object else { throw ControlError.invalidParameters("parameters are an object") }
    for (name, value) in members { try take(name, value) }
    let needsNode = [.swap, .set, .shadow].contains(kind)
    if needsNode, node.isEmpty { throw ControlError.invalidParameters("'node' is missing") }
    if text != nil, kind != .apply { throw ControlError.invalidParameters("'text' belongs to 'apply'") }
    if saves, text == nil { throw ControlError.invalidParameters("'save' needs 'text'") }
    if kind == .set || kind == .shadow, values.isEmpty { throw ControlError.invalidParameters("'values' is missing") }
  }

  private mutating func take(_ name: String, _ value: JSONValue) throws {
    switch (name, value) {
    case ("file", .text(let path)) where path.hasPrefix("/"): file = path
    case ("folder", .text(let path)) where path.hasPrefix("/"): folder = path
    case ("text", .text(let text)): self.text = text
    case ("save", .boolean(let truth)): saves = truth
    case ("fresh", .boolean(let truth)): isFresh = truth
    case ("node", .text(let name)) where !name.isEmpty: node = name
    case ("values", .array(let items)) where items.allSatisfy({ $0.text?.contains("=") ?? false }):
      values = items.compactMap(\.text)
    case ("dry_run", .boolean(let truth)): isDryRun = truth
    case ("timeout", _) where value.number.map({ $0 > 0 && $0 <= Self.longestTimeout }) ?? false:
      timeout = value.number
    default:
      throw ControlError.invalidParameters("'\(name.prefix(64))' is not a valid parameter of '\(kind.rawValue)'")
    }
  }

  public var json: JSONValue {
    .members([
      "file": file.map { .text($0) }, "text": text.map { .text($0) }, "save": saves ? true : nil,
      "fresh": isFresh ? true : nil, "node": node.isEmpty ? nil : .text(node),
      "values": values.isEmpty ? nil : .texts(values), "folder": folder.map { .text($0) },
      "dry_run": isDryRun ? true : nil, "timeout": timeout.map { .number($0) },
    ])
  }

  /// "swap judge learn=4s", as typed.
  public var words: String {
    if !libraries.isEmpty {
      return libraries.map { URL(fileURLWithPath: $0).lastPathComponent }.sorted().joined(separator: ", ")
    }
    if text != nil { return "apply (an edited text)" }
    if isReturn { return "return of \(node)" }
    return ([kind.rawValue] + (node.isEmpty ? [] : [node]) + values + (file.map { [$0] } ?? [])).joined(separator: " ")
  }

  /// The values as overrides of the graph's file.
  var overrides: [OverrideText] {
    values.map { OverrideText("\(node).\($0)", origin: kind.rawValue, folder: folder) }
  }

  /// The keys of the values.
  var keys: [String] { values.map { String($0.prefix { $0 != "=" }) } }

  /// Whether it ends a change whose new nodes do not judge yet.
  var givesUpWarmUp: Bool { kind == .rollback || kind == .discard }
}
