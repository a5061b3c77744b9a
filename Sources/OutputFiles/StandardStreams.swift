import Glibc

/// Standard input, output and error.
public enum StandardStreams {
  /// Whether an output path means standard output: hosts make `-` absolute like any other.
  public static func isOutput(_ path: String) -> Bool {
    path == "-" || path.utf8.suffix(2).elementsEqual("/-".utf8)
      || ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"].contains(path)
  }

  /// Opens /dev/null in place of standard input, output and error that are closed: else the next file that is opened
  /// would be one of them. In place of standard output only for reading, so that what is written to it is an error of
  /// `write` as it was before, and not lost without a word. And a file that reached the largest size that it may have is an error of `write`, as a full
  /// disk is, not a signal that kills.
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
