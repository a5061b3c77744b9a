import Foundation
import Glibc
import Testing

/// Lets only one test at a time have JACK servers, in this process and in all processes of this user on the machine.
///
/// All JACK servers of a user share one metadata database, which every client uses: jackd deletes its files when it
/// ends, and a client that opens it at that moment dies of a bus error (seen with jackd2 1.9.21). So no server may end
/// while another test opens clients.
public struct OneServerAtATime: SuiteTrait, TestTrait, TestScoping {
  public var isRecursive: Bool { true }

  public func provideScope(
    for test: Test, testCase: Test.Case?, performing function: @Sendable () async throws -> Void
  ) async throws {
    // Beside the database: the folder of temporary files is not the same for all processes.
    let path = "/dev/shm/auscult-jack-\(getuid()).lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw CannotLock(path: path, reason: String(cString: strerror(errno))) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX | LOCK_NB) != 0 { try await Task.sleep(for: .milliseconds(20)) }
    try await function()
  }

  struct CannotLock: Error {
    var path: String
    var reason: String
  }
}

extension Trait where Self == OneServerAtATime {
  public static var oneServerAtATime: Self { OneServerAtATime() }
}
