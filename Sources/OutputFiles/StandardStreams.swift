import Glibc

/// Standard input, output and error.
public enum StandardStreams {
  /// Whether an output path means standard output. Hosts make `-` absolute like any other path.
  public static func isOutput(_ path: String) -> Bool {
    path == "-" || path.utf8.suffix(2).elementsEqual("/-".utf8)
      || ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
  }

  /// Opens /dev/null in place of closed standard streams, because otherwise the next file would become one of them.
  /// Standard output gets it for reading only: writing to it is then still an error and not silently lost. Also turns
  /// the signal for a file of the largest allowed size into an error of `write`, as for a full disk.
  public static func secure() {
    for number in STDIN_FILENO...STDERR_FILENO where fcntl(number, F_GETFD) < 0 && errno == EBADF {
      let descriptor = open("/dev/null", number == STDERR_FILENO ? O_WRONLY : O_RDONLY)
      if descriptor >= 0, descriptor != number {
        dup2(descriptor, number)
        close(descriptor)
      }
    }
    signal(SIGXFSZ, SIG_IGN)
  }
}
