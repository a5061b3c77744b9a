import CSystemCalls
import Glibc
import SystemCalls

/// Keeps the memory that the realtime thread touches in memory, because that thread must not wait for a disk.
///
/// What is touched from now on stays. The code that a cycle enters is read now: this program, the plugins, and the
/// libraries that they compute with. What only the start has used of other libraries is given back, so that it takes no
/// room for months.
///
/// - Returns: the reason, if the system does not allow it (`ulimit -l`); the graph runs without.
func lockMemory() -> String? {
  release_code(isCodeOfCycles)
  let reason = lock_touched_memory() == 0 ? nil : systemReason()
  read_code(isCodeOfCycles)
  return reason
}

/// Does the same for the nodes and plugins of a change, before a cycle runs them. Without effect where `lockMemory` had
/// none.
func lockNewMemory() {
  if lock_touched_memory() == 0 { read_code(isCodeOfCycles) }
}

/// Not 0: a cycle enters this library. FFTW is not here: `stft` executes its plans when it is activated.
///
/// - Parameter path: of a loaded library; empty: this program.
private func isCodeOfCycles(_ path: UnsafePointer<CChar>?) -> Int32 {
  guard let path else { return 0 }
  let text = String(cString: path)
  let name = text.split(separator: "/").last ?? ""
  let computing = ["libc.so", "libm.so", "libmvec.so", "libjack.so", "libswiftSynchronization.so"]
  return text.isEmpty || name.contains("libauscult-") || computing.contains { name.hasPrefix($0) } ? 1 : 0
}
