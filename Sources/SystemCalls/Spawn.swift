import CSystemCalls
import Glibc
import TextEscapes

/// Starts a program that inherits only the given descriptors. It has the default signal handling and its own process
/// group: the terminal's Ctrl-C goes to us, not to it.
///
/// Texts may hold other bytes than UTF-8, in the form of `PathText`.
///
/// - Parameters:
///   - descriptors: become its descriptors 0, 1, 2 and so on; nil: /dev/null.
///   - folder: its working directory; nil: ours.
///   - environment: its environment, as `NAME=VALUE`; nil: ours.
/// - Returns: its process number, or nil if the system can't start it.
public func spawn(
  _ path: String, _ arguments: [String], descriptors: [Int32?], folder: String? = nil, environment: [String]? = nil
) -> pid_t? {
  // The copies have high numbers, so that none is overwritten before it is used.
  let copies = descriptors.map { $0.map { fcntl($0, F_DUPFD_CLOEXEC, 16) } }
  defer { for case let copy? in copies where copy >= 0 { close(copy) } }
  guard copies.allSatisfy({ $0 ?? 0 >= 0 }) else { return nil }

  var actions = posix_spawn_file_actions_t()
  posix_spawn_file_actions_init(&actions)
  defer { posix_spawn_file_actions_destroy(&actions) }
  for (number, copy) in copies.enumerated() {
    let number = Int32(number)
    if let copy {
      posix_spawn_file_actions_adddup2(&actions, copy, number)
    } else {
      posix_spawn_file_actions_addopen(&actions, number, "/dev/null", number == 0 ? O_RDONLY : O_WRONLY, 0)
    }
  }
  spawn_close_from(&actions, Int32(descriptors.count))
  if let folder { spawn_change_folder(&actions, PathText.bytes(folder)) }

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

  var texts = ([path] + arguments).map { strdup(PathText.bytes($0)) } + [nil]
  defer { for text in texts { free(text) } }
  var process: pid_t = 0
  guard let environment else {
    return posix_spawn(&process, PathText.bytes(path), &actions, &attributes, &texts, environ) == 0 ? process : nil
  }
  var variables = environment.map { strdup(PathText.bytes($0)) } + [nil]
  defer { for variable in variables { free(variable) } }
  return posix_spawn(&process, PathText.bytes(path), &actions, &attributes, &texts, &variables) == 0 ? process : nil
}
