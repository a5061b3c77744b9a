import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The child's side: tries out what would hurt the parent. Nothing that it does reaches anyone but by `ProbeMemory`.
public struct ProbeChild: @unchecked Sendable {
  /// Descriptors of a child that was started as a program: what it is asked, what it says, and the memory that it shares.
  static let memoryDescriptor: Int32 = 3
  static let aliveDescriptor: Int32 = 4
  /// Descriptors that a plugin has no business with.
  private static let sentinels: ClosedRange<Int32> = 0...9

  let memory: ProbeMemory
  /// Seconds that one step may take: the child ends itself then, should nobody wait for it any more.
  let limit: Double

  /// Of a child that was started as a program: `auscult probe-plugin`.
  ///
  /// - Parameter limit: seconds for each step.
  /// - Returns: nil when this is none.
  public init?(limit: Double) {
    guard let base = MemoryFile.map(Self.memoryDescriptor) else { return nil }
    memory = ProbeMemory(base: base)
    self.limit = limit
    prepare()
  }

  init(memory: ProbeMemory, limit: Double) {
    self.memory = memory
    self.limit = limit
    prepare()
  }

  /// What the child is asked, from its standard input.
  public static func request() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Loads each library, calls its entry, and reads all that it declares.
  public func open(_ paths: [String]) {
    for (step, path) in paths.enumerated() {
      begin(step, path)
      let before = outputSize
      _ = try? PluginLibrary(path: path)
      fflush(nil)
      if outputSize != before { memory.note(.writesOutput, of: step) }
      if Self.sentinels.contains(where: { fcntl($0, F_GETFD) < 0 }) {
        memory.note(.closesDescriptors, of: step)
        fillDescriptors()
      }
    }
  }

  /// The next step begins, and has its time.
  public func begin(_ step: Int, _ text: String) {
    alarm(UInt32(min(limit * ProbeProcess.patience, 1e9).rounded(.up)) + 5)
    memory.begin(step, text)
  }

  public func finish() -> Never {
    memory.finish()
    _exit(0)
  }

  // MARK: Set-up

  private func prepare() {
    endWithParent()
    // Whatever handles signals in the parent is none of the child's.
    for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGALRM, SIGTERM, SIGINT, SIGPIPE] {
      Glibc.signal(signal, SIG_DFL)
    }
    signal(SIGXFSZ, SIG_IGN)
    setLimit(Int32(RLIMIT_CORE.rawValue), 0)
    setLimit(Int32(RLIMIT_FSIZE.rawValue), 1 << 20)
    let memory = UInt64(max(1, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    // Beside what it has: a sanitizer holds more than any machine does.
    setLimit(Int32(RLIMIT_DATA.rawValue), rlim_t(Self.dataBytes + memory / 2))
    setLimit(Int32(RLIMIT_CPU.rawValue), rlim_t(600))
    fillDescriptors()
  }

  /// Nobody waits for the child any more once its parent has ended. Where the system does not know this, `alarm` ends it.
  private func endWithParent() {
    // Not offered to Swift, for it takes arguments of any number.
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "prctl") else { return }
    let setParentDeathSignal: Int32 = 1
    let prctl = unsafeBitCast(symbol, to: (@convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32).self)
    _ = prctl(setParentDeathSignal, UInt(SIGKILL), 0, 0, 0)
  }

  /// What this process holds of its own.
  private static var dataBytes: UInt64 {
    let descriptor = Glibc.open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return 0 }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 256)
    let count = read(descriptor, &buffer, buffer.count)
    let fields = String(decoding: buffer.prefix(max(0, count)), as: UTF8.self).split(separator: " ")
    return fields.count > 5 ? (UInt64(fields[5]) ?? 0) * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE)))) : 0
  }

  private func setLimit(_ resource: Int32, _ value: rlim_t) {
    var limits = rlimit(rlim_cur: value, rlim_max: value)
    setrlimit(__rlimit_resource_t(UInt32(resource)), &limits)
  }

  private func fillDescriptors() {
    for descriptor in Self.sentinels where fcntl(descriptor, F_GETFD) < 0 {
      let null = Glibc.open("/dev/null", O_RDWR)
      if null >= 0, null != descriptor {
        dup2(null, descriptor)
        close(null)
      }
    }
  }

  private var outputSize: off_t {
    var status = stat()
    return fstat(1, &status) == 0 ? status.st_size : 0
  }
}
