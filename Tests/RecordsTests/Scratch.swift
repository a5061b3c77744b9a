import Foundation
import Glibc

/// A folder of its own for each test, removed with it.
final class Scratch {
  let path: String

  init() {
    var template = Array("/tmp/auscult-test-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { path + "/" + name }
}
