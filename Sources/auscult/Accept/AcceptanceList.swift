import Glibc
import OutputFiles
import RunControl
import TextEscapes

/// What `auscult accept` has changed, so that `--undo` can take it back. All paths are absolute.
struct Acceptance {
  /// Of the run, and of its detector.
  var graph: String
  var node: String
  /// UTC.
  var time: String
  /// The model that judged before, and the one that judges now.
  var previous: String
  var candidate: String
  /// The model that a start reads, and a copy of what it was; nil: it was not replaced.
  var model: String?
  var copy: String?
  /// The sound that joined the folder.
  var sounds: [String]

  var json: JSONValue {
    .members([
      "graph": .text(graph), "node": .text(node), "time": .text(time), "previous": .text(previous),
      "candidate": .text(candidate), "model": model.map { .text($0) }, "copy": copy.map { .text($0) },
      "sounds": .texts(sounds),
    ])
  }
}

extension Acceptance {
  /// Nil: it lacks something.
  init?(_ json: JSONValue) {
    guard let graph = json["graph"]?.text, let node = json["node"]?.text, let time = json["time"]?.text,
      let previous = json["previous"]?.text, let candidate = json["candidate"]?.text
    else { return nil }
    self.init(
      graph: graph, node: node, time: time, previous: previous, candidate: candidate, model: json["model"]?.text,
      copy: json["copy"]?.text, sounds: (json["sounds"]?.array ?? []).compactMap(\.text))
  }
}

/// The acceptances of a folder of normal sound, the latest last: the file `accepted.json` in it.
struct AcceptanceList {
  private let path: String
  private(set) var items: [Acceptance] = []

  /// The largest file that is read.
  private static let mostBytes = 16 << 20

  /// - Throws: `Failure`: the file is there, and is not of this kind.
  init(folder: String) throws {
    path = "\(folder)/accepted.json"
    guard FileState(path) != nil else { return }
    guard let bytes = WholeFile.read(path, most: Self.mostBytes), let json = try? JSONValue(parsing: bytes),
      let list = json["accepted"]?.array
    else {
      throw Failure("\(path): is not a list of accepted sounds; move it away")
    }
    items = list.compactMap { Acceptance($0) }
  }

  mutating func add(_ item: Acceptance) throws { try write(items + [item]) }

  mutating func remove(_ index: Int) throws {
    var rest = items
    rest.remove(at: index)
    try write(rest)
  }

  private mutating func write(_ items: [Acceptance]) throws {
    let json: JSONValue = ["accepted": .array(items.map(\.json))]
    do {
      try WholeFile.write(json.jsonLines + [UInt8(ascii: "\n")], to: path)
    } catch {
      throw Failure(error.description)
    }
    self.items = items
  }
}
