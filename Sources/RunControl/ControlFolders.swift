import Glibc

/// The folders for the sockets of this user's running graphs. A run listens in every folder that it can use, and a command
/// looks in all of them. So they find each other even with different environments, and a name is unique over all folders.
public struct ControlFolders: Sendable, Equatable {
  public var folders: [ControlFolder]

  public init(_ folders: [ControlFolder]) { self.folders = folders }

  /// `$XDG_RUNTIME_DIR/auscult`, `/run/user/<uid>/auscult`, `/run/auscult` for services, `/tmp/auscult-<uid>`; or only the
  /// colon-separated folders of `$AUSCULT_CONTROL_PATH`.
  public static func standard(
    _ variable: (String) -> String? = { getenv($0).map { String(cString: $0) } }
  ) -> ControlFolders {
    let own = (variable("AUSCULT_CONTROL_PATH") ?? "").split(separator: ":").map(String.init)
    if !own.isEmpty { return ControlFolders(own.map { ControlFolder(path: $0) }) }
    var folders: [ControlFolder] = []
    if let folder = variable("XDG_RUNTIME_DIR"), folder.hasPrefix("/") {
      folders.append(ControlFolder(path: folder + (folder.hasSuffix("/") ? "" : "/") + "auscult"))
    }
    let standing = ControlFolder(path: "/run/user/\(geteuid())/auscult")
    if !folders.contains(standing) { folders.append(standing) }
    folders.append(ControlFolder(path: "/run/auscult", isGiven: true))
    folders.append(ControlFolder(path: "/tmp/auscult-\(geteuid())"))
    return ControlFolders(folders)
  }

  /// The folders that exist and that no other user can write to.
  var usable: [ControlFolder] {
    folders.filter { folder in
      do throws(ControlProblem) {
        try folder.check()
        return true
      } catch { return false }
    }
  }

  /// The path of the first folder that can be used, which is made if needed; nil: there is none.
  public func prepared() -> String? {
    folders.first { folder in
      do throws(ControlProblem) {
        try folder.prepare()
        return true
      } catch { return false }
    }?.path
  }

  /// "looked in /run/user/1000/auscult and /tmp/auscult-1000"; also the refused folders, and why.
  public var words: String {
    var looked: [String] = []
    var refused: [String] = []
    for folder in folders {
      do throws(ControlProblem) {
        if access(folder.path, F_OK) == 0 { try folder.check() }
        looked.append(folder.path)
      } catch { refused.append(error.text) }
    }
    let list = looked.count > 1 ? looked.dropLast().joined(separator: ", ") + " and " + looked.last! : looked.first
    return (list.map { ["looked in \($0)"] } ?? []).appending(refused).joined(separator: "; ")
  }
}

extension [String] {
  fileprivate func appending(_ others: [String]) -> [String] { self + others }
}
