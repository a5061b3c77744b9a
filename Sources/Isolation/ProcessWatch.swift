import CIsolation
import Glibc
import SystemCalls

/// Waits for the end of a node's process, keeps the last of what it prints, and ends what it has left behind.
///
/// A node's process can start no others where seccomp is in force. Elsewhere it can: those would keep its memory, and
/// the pipe, for ever.
///
/// Thread: the one that waits.
struct ProcessWatch {
  private static let tailBytes = 512
  /// Rounds of looking for other processes: new ones may start meanwhile.
  private static let mostRounds = 50

  let process: pid_t
  /// What it prints: this end of the pipe.
  let output: Int32
  /// Of the memory that it shares with this process.
  let memory: Int32

  /// Returns when the process has ended, before anybody collects it: so its number is still its own, and its group's.
  ///
  /// - Returns: the last bytes that it has printed, and whether it has left processes behind, which are ended now.
  func wait() -> (said: [UInt8], hasLeftSome: Bool) {
    var tail: [UInt8] = []
    var isOpen = read(&tail)
    let couldFork = !Self.hasSeccomp(process)
    // Only a process that has left its group would live on now.
    let ownsPipe = isOpen
    kill(-process, SIGKILL)
    if isOpen { isOpen = !ends(&tail, seconds: 0.1) }
    let others = isOpen || couldFork ? endHolders() : false
    if isOpen { _ = ends(&tail, seconds: 1) }
    return (tail, ownsPipe || others)
  }

  // MARK: What it prints

  /// Reads until the process has ended; false: nobody has the other end of the pipe.
  private func read(_ tail: inout [UInt8]) -> Bool {
    let handle = open_process(process)
    defer { if handle >= 0 { close(handle) } }
    var isOpen = true
    while true {
      var waits = [isOpen ? output : -1, handle].map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
      // Kernels before 5.3 have no descriptors of processes.
      uninterrupted { poll(&waits, 2, handle < 0 ? 50 : -1) }
      let hasEnded = hasEnded
      if waits[0].revents != 0 { isOpen = step(&tail) }
      // A moment: another process that is being started has all our descriptors until it runs its program.
      if hasEnded { return isOpen && !ends(&tail, seconds: 0.05) }
    }
  }

  private var hasEnded: Bool {
    var information = siginfo_t()
    let found = uninterrupted { waitid(P_PID, id_t(process), &information, WEXITED | WNOHANG | WNOWAIT) }
    return found != 0 || information.si_signo == SIGCHLD
  }

  /// Reads what is there, once; false: the pipe has ended.
  private func step(_ tail: inout [UInt8]) -> Bool {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = uninterrupted { Glibc.read(output, &buffer, buffer.count) }
    guard count > 0 else { return false }
    tail = (tail + buffer[..<count]).suffix(Self.tailBytes)
    return true
  }

  /// Reads until the pipe ends; false: it does not in time.
  private func ends(_ tail: inout [UInt8], seconds: Double) -> Bool {
    let deadline = ContinuousClock.now + .seconds(seconds)
    // Something may print for ever.
    while ContinuousClock.now < deadline {
      var wait = pollfd(fd: output, events: Int16(POLLIN), revents: 0)
      guard uninterrupted({ poll(&wait, 1, Int32(seconds * 1000)) }) > 0 else { return false }
      guard step(&tail) else { return true }
    }
    return false
  }

  // MARK: Other processes

  /// The kernel's word, not the process's own.
  private static func hasSeccomp(_ process: pid_t) -> Bool {
    ProcessFiles.text("/proc/\(process)/status").contains("\nSeccomp:\t2\n")
  }

  /// Ends all processes that hold the memory or the pipe, until there are none.
  private func endHolders() -> Bool {
    var (memory, output) = (stat(), stat())
    guard fstat(self.memory, &memory) == 0, fstat(self.output, &output) == 0 else { return false }
    var hasFound = false
    for _ in 0..<Self.mostRounds {
      let holders = ProcessFiles.processes().filter {
        $0 != getpid() && $0 != process && !ProcessFiles.isThisProgram($0)
          && ProcessFiles.holds($0, memory: memory, pipe: output)
      }
      if holders.isEmpty { break }
      hasFound = true
      for holder in holders { kill(holder, SIGKILL) }
      Polling.pause(.milliseconds(5))
    }
    return hasFound
  }
}
