import Foundation

/// A separate folder for each test, with a path short enough for sockets; removed with the test.
public final class ScratchFolder: Sendable {
  public let path: String

  public init() {
    var template = Array("/tmp/auscult-test-XXXXXX".utf8CString)
    path = String(cString: mkdtemp(&template))
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  public func file(_ name: String) -> String { path + "/" + name }
}
