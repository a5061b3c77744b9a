#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Zeroed bytes, aligned for SIMD, to be freed with `free`; nil if there is not enough memory. Swift's own `allocate`
/// would end the program.
///
/// Thread: control.
public func zeroedMemory(bytes: Int) -> UnsafeMutableRawPointer? {
  var memory: UnsafeMutableRawPointer?
  guard bytes >= 0, posix_memalign(&memory, 64, max(64, bytes)) == 0, let memory else { return nil }
  memory.initializeMemory(as: UInt8.self, repeating: 0, count: max(64, bytes))
  return memory
}

/// Whether this much memory is available now. It is freed at once.
public func canHaveMemory(bytes: Int) -> Bool {
  guard bytes > 0 else { return bytes == 0 }
  guard let memory = malloc(bytes) else { return false }
  free(memory)
  return true
}
