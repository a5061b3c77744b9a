import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a child that tries plugins out tells its parent, in memory that both see: a plugin may close every descriptor.
struct ProbeMemory {
  /// What a plugin did that is no crash.
  struct Conduct: OptionSet {
    let rawValue: UInt8
    /// It wrote to standard output, where results go.
    static let writesOutput = Conduct(rawValue: 1)
    /// It closed descriptors that were not its own.
    static let closesDescriptors = Conduct(rawValue: 2)
  }

  /// The most steps of one child.
  static let mostSteps = 2048
  static let bytes = 4096
  private static let textPlace = 16
  private static let textBytes = 1024
  private static let conductPlace = 2048

  let base: UnsafeMutableRawPointer

  /// The step that the child is at; -1 before the first.
  var step: Int { Int(base.load(as: Int32.self)) }
  /// The child came to its end, and was not ended by what it tried out.
  var isFinished: Bool { base.load(fromByteOffset: 4, as: Int32.self) == 1 }
  /// What the child is at, in its own words.
  var text: String {
    let bytes = UnsafeRawBufferPointer(start: base + Self.textPlace, count: Self.textBytes)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Steps beyond the most, as a large graph has, have none.
  func conduct(of step: Int) -> Conduct {
    guard step < Self.mostSteps else { return [] }
    return Conduct(rawValue: base.load(fromByteOffset: Self.conductPlace + step, as: UInt8.self))
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

  func finish() { base.storeBytes(of: 1, toByteOffset: 4, as: Int32.self) }
}

extension MemoryFile {
  /// Makes it so long that it holds a `ProbeMemory`.
  func makeRoom() -> Bool { ftruncate(descriptor, off_t(ProbeMemory.bytes)) == 0 }

  /// Maps it for as long as the process lasts, or until `munmap`. A file of another length is somebody else's.
  static func map(_ descriptor: Int32) -> UnsafeMutableRawPointer? {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_size == off_t(ProbeMemory.bytes) else { return nil }
    let base = mmap(nil, ProbeMemory.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
    return base == MAP_FAILED ? nil : base
  }
}
