import LiveControl
import Logging
import RunControl

extension JSONValue {
  /// One line of the log.
  static func log(_ level: Logger.Level, _ text: String, node: String) -> JSONValue {
    .members([
      "kind": "log", "level": .text(level.rawValue), "node": node.isEmpty ? nil : .text(node), "text": .text(text),
    ])
  }
}
