import GraphText
import RunControl

/// The form in which another process receives it.
extension GraphSource {
  public var json: JSONValue {
    [
      "file": .text(file), "path": .text(path), "folder": .text(workingDirectory),
      "contents": .object(contents.mapValues { .text($0) }),
      "overrides": .array(
        overrides.map {
          .members(["text": .text($0.text), "origin": .text($0.origin), "folder": $0.folder.map { .text($0) }])
        }),
    ]
  }

  /// Nil: it lacks something.
  public init?(_ json: JSONValue) {
    guard let file = json["file"]?.text, let path = json["path"]?.text, let folder = json["folder"]?.text else {
      return nil
    }
    (self.file, self.path, workingDirectory) = (file, path, folder)
    contents = (json["contents"]?.object ?? [:]).compactMapValues(\.text)
    overrides = (json["overrides"]?.array ?? []).compactMap { item in
      guard let text = item["text"]?.text, let origin = item["origin"]?.text else { return nil }
      return OverrideText(text, origin: origin, folder: item["folder"]?.text)
    }
    original = overrides
  }
}
