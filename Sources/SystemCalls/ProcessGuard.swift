import Glibc

/// Ends a child program when this process ends, for whatever reason.
///
/// A guard, a small shell script, waits until a pipe closes that only this process holds open. Then it asks the program
/// to end, and kills it if needed. (The kernel's own way, PR_SET_PDEATHSIG, sends one signal for each thread that ends,
/// and jackd does not clean up if it receives several.)
public final class ProcessGuard: Sendable {
  private static let script = """
    read -r child && { read -r end; kill -TERM "$child" || exit
    for try in 1 2 3 4 5 6 7 8 9 10; do sleep 0.5; kill -0 "$child" || exit; done
    kill -KILL "$child"; }
    """

  private let guardian: pid_t
  /// This process' end of the guard's pipe.
  private let lifeline: Int32

  /// Starts the guard, before the program that it is to guard.
  ///
  /// - Returns: nil if the system can't start it.
  public init?() {
    guard let pipe = makePipe() else { return nil }
    let guardian = spawn("/bin/sh", ["-c", Self.script, "auscult-guard"], descriptors: [pipe.read, nil, nil])
    close(pipe.read)
    guard let guardian else {
      close(pipe.write)
      return nil
    }
    (self.guardian, lifeline) = (guardian, pipe.write)
  }

  /// Tells the guard which process to end.
  public func begin(_ process: pid_t) { _ = writeAll(Array("\(process)\n".utf8), to: lifeline) }

  /// Ends the guard. Call it once: after the program's end and before its process is collected, because from then on the
  /// number may belong to another process; or when there is no program to guard.
  public func end() {
    kill(guardian, SIGKILL)
    waitpid(guardian, nil, 0)
    close(lifeline)
  }
}
