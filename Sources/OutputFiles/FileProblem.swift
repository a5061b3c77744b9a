import Glibc
import SystemCalls

/// A problem with a file in words: the path, the system's reason, and what to do.
public struct FileProblem: Error, CustomStringConvertible, Sendable {
  public var description: String
  /// The system's error number; 0: the problem is not the system's.
  public var code: Int32

  public init(_ text: String, code: Int32 = 0) {
    description = text
    self.code = code
  }

  /// - Parameter action: what failed: "open", "write".
  public init(_ action: String, _ path: String, _ code: Int32) {
    let reason = systemReason(code)
    self.init("cannot \(action) \(path): \(reason); \(FileProblem.advice(path, code))", code: code)
  }

  private static func advice(_ path: String, _ code: Int32) -> String {
    switch code {
    case ENOSPC, EDQUOT: "make room on the disk, or write elsewhere"
    case ENOENT: "make the folder first"
    case EACCES, EPERM: "\(user) may not write there: change the permissions (ls -ld shows them), or give another path"
    case EROFS: "give a path on a disk that may be written"
    case EISDIR: "give the path of a file in it"
    case ENOTDIR: "a part of the path is a file, not a folder"
    case ELOOP: "its links lead in a circle"
    case ENAMETOOLONG: "give a shorter name"
    case EPIPE: "its reader has ended"
    case EAGAIN: "its reader does not take more"
    case EFBIG: "use `rotate`, or raise the limit (ulimit -f)"
    case EIO, ENXIO, ENODEV, ESTALE: "check whether its disk is still there"
    default: "check the path and the disk"
    }
  }

  private static var user: String {
    guard let entry = getpwuid(geteuid()) else { return "user \(geteuid())" }
    return "user \(String(cString: entry.pointee.pw_name))"
  }
}
