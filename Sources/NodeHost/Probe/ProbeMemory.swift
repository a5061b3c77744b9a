import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A child's report to its parent, in shared memory, because a plugin may close every descriptor.
struct ProbeMemory {
  /// Mistakes of a plugin that are not crashes.
  struct Conduct: OptionSet {
    let rawValue: UInt8
    /// It wrote to standard output, which is for results.
    static let writesOutput = Conduct(rawValue: 1)
    /// It closed descriptors that were not its own.
    static let closesDescriptors = Conduct(rawValue: 2)
  }

  /// The most steps of one child.
  static let mostSteps = 2048
  static let bytes = 3 * 4096
  private static let textPlace = 16
  private static let textBytes = 1024
  private static let conductPlace = 2048
  /// A count, then as many numbers.
  private static let resultPlace = 4096
  static let mostResults = (bytes - resultPlace) / 8 - 1

  let base: UnsafeMutableRawPointer

  /// The child's present step; -1 before the first.
  var step: Int { Int(base.load(as: Int32.self)) }
  /// The child reached its end, and no trial ended it.
  var isFinished: Bool { base.load(fromByteOffset: 4, as: Int32.self) == 1 }
  /// The child's own description of the step.
  var text: String {
    let bytes = UnsafeRawBufferPointer(start: base + Self.textPlace, count: Self.textBytes)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// None for steps beyond the most, as in a large graph.
  func conduct(of step: Int) -> Conduct {
    guard step < Self.mostSteps else { return [] }
    return Conduct(rawValue: base.load(fromByteOffset: Self.conductPlace + step, as: UInt8.self))
  }

  /// The numbers that the child reported.
  var results: [Int64] {
    let count = base.load(fromByteOffset: Self.resultPlace, as: Int64.self)
    guard (1...Int64(Self.mostResults)).contains(count) else { return [] }
    return (1...Int(count)).map { base.load(fromByteOffset: Self.resultPlace + 8 * $0, as: Int64.self) }
  }

  func clear() {
    base.initializeMemory(as: UInt8.self, repeating: 0, count: Self.bytes)
    base.storeBytes(of: -1, as: Int32.self)
  }

  // MARK: The child's side

  func begin(_ step: Int, _ text: String) {
    let bytes = Array(text.utf8.prefix(Self.textBytes - 1)) + [0]
    (base + Self.textPlace).copyMemory(from: bytes, byteCount: bytes.count)
    base.storeBytes(of: Int32(step), as: Int32.self)
  }

  func note(_ conduct: Conduct, of step: Int) {
    guard step < Self.mostSteps else { return }
    base.storeBytes(
      of: self.conduct(of: step).union(conduct).rawValue, toByteOffset: Self.conductPlace + step, as: UInt8.self)
  }

  func report(_ results: [Int64]) {
    guard results.count <= Self.mostResults else { return }
    for (index, number) in results.enumerated() {
      base.storeBytes(of: number, toByteOffset: Self.resultPlace + 8 * (index + 1), as: Int64.self)
    }
    base.storeBytes(of: Int64(results.count), toByteOffset: Self.resultPlace, as: Int64.self)
  }

  func finish() { base.storeBytes(of: 1, toByteOffset: 4, as: Int32.self) }
}

extension MemoryFile {
  /// Makes the file long enough for a `ProbeMemory`.
  func makeRoom() -> Bool { ftruncate(descriptor, off_t(ProbeMemory.bytes)) == 0 }

  /// Maps it until `munmap` or the end of the process. A file of another length belongs to another program.
  static func map(_ descriptor: Int32) -> UnsafeMutableRawPointer? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size == off_t(ProbeMemory.bytes) else { return nil }
    let base = mmap(nil, ProbeMemory.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    return base == MAP_FAILED ? nil : base
  }
}
