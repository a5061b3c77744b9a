#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file or folder by which other users decide what code runs here: they may write to it, or it is theirs.
public struct Exposure: Sendable, Hashable {
  public var path: String
  /// What is wrong, without the path.
  public var reason: String
  /// A command that mends it.
  public var remedy: String
}

extension Exposure: CustomStringConvertible {
  public var description: String { "\(path): \(reason), so other users choose code that runs here: \(remedy)" }
}

/// Why a file or folder is not ours alone.
enum ExposureCause: Hashable {
  case owner(uid_t)
  /// The letters of `chmod`: `g`, `o` or `go`.
  case writers(String)

  /// - Parameter isSticky: others may write to the folder, but not replace what is in it.
  /// - Returns: nil: only we and root may write, or there is no such file.
  init?(_ path: String, allowingSticky isSticky: Bool) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    if status.st_uid != 0, status.st_uid != geteuid() {
      self = .owner(status.st_uid)
      return
    }
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    if isSticky, isFolder, status.st_mode & S_ISVTX != 0 { return nil }
    let byGroup = status.st_mode & S_IWGRP != 0 && !isOwnGroup(status.st_gid)
    let byOthers = status.st_mode & S_IWOTH != 0
    guard byGroup || byOthers else { return nil }
    self = .writers((byGroup ? "g" : "") + (byOthers ? "o" : ""))
  }

  var reason: String {
    switch self {
    case .owner(let user): "it belongs to \(userName(user))"
    case .writers("g"): "its group may write to it"
    case .writers: "everybody may write to it"
    }
  }

  /// - Parameter target: the path, as a word of a shell.
  func remedy(_ target: String) -> String {
    switch self {
    case .owner: "chown \(geteuid() == 0 ? "root" : userName(geteuid()).split(separator: " ")[1]) \(target)"
    case .writers(let who): "chmod \(who)-w \(target)"
    }
  }
}

private func userName(_ user: uid_t) -> String {
  "user " + (getpwuid(user).map { String(cString: $0.pointee.pw_name) } ?? "\(user)")
}

/// Whether a group is the private group of our account, as many systems make one for each user. Root has none.
private func isOwnGroup(_ group: gid_t) -> Bool {
  guard geteuid() != 0, let account = getpwuid(geteuid()), account.pointee.pw_gid == group else { return false }
  let name = String(cString: account.pointee.pw_name)
  guard let entry = getgrgid(group), String(cString: entry.pointee.gr_name) == name else { return false }
  return entry.pointee.gr_mem?.pointee == nil
}

/// A path as a word of a shell.
func shellWord(_ path: String) -> String {
  let isPlain = path.utf8.allSatisfy { isLetter($0) || isDigit($0) || "/._-+,=@".utf8.contains($0) }
  return isPlain && !path.isEmpty ? path : "'" + path.replacing("'", with: #"'\''"#) + "'"
}
