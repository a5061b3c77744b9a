import CJACK
import Glibc

/// Starts programs that inherit nothing of ours but what is named, in a process group of their own: the terminal's
/// Ctrl-C is for us, not for them.
enum Spawn {
  /// - Parameters:
  ///   - input: descriptor that becomes its standard input; nil: /dev/null.
  ///   - output: descriptor that becomes its standard output and error; nil: /dev/null.
  /// - Returns: its process, or nil when the system would not start it.
  static func start(_ path: String, _ arguments: [String], input: Int32? = nil, output: Int32? = nil) -> pid_t? {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    give(&actions, input, as: 0)
    give(&actions, output, as: 1)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    posix_spawn_file_actions_addclosefrom_np(&actions, 3)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))

    var texts = ([path] + arguments).map { strdup($0) } + [nil]
    defer { for text in texts { free(text) } }
    var process: pid_t = 0
    return posix_spawn(&process, path, &actions, &attributes, &texts, environ) == 0 ? process : nil
  }

  /// Both ends of a pipe that no program inherits unless it is given; nil when no descriptors are left.
  static func pipe() -> (read: Int32, write: Int32)? {
    var ends: [Int32] = [-1, -1]
    return pipe2(&ends, O_CLOEXEC) == 0 ? (ends[0], ends[1]) : nil
  }

  private static func give(_ actions: inout posix_spawn_file_actions_t, _ descriptor: Int32?, as number: Int32) {
    if let descriptor {
      posix_spawn_file_actions_adddup2(&actions, descriptor, number)
    } else {
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number == 0 ? O_RDONLY : O_WRONLY, 0)
    }
  }
}
