import SystemCalls

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The child's side: tries what could harm the parent. Its only effect is on `ProbeMemory`.
public struct ProbeChild: @unchecked Sendable {
  /// Descriptors of a child that was started as a program: its shared memory, and a pipe that closes when it ends.
  static let memoryDescriptor: Int32 = 3
  static let aliveDescriptor: Int32 = 4
  /// Descriptors that a plugin must not touch.
  private static let sentinels: ClosedRange<Int32> = 0...9

  let memory: ProbeMemory
  /// Limit of one step in seconds. The child ends itself after it, in case its parent is gone.
  let limit: Double

  /// For a child that was started as a program: `auscult probe-plugin`.
  ///
  /// - Parameter limit: seconds for each step.
  /// - Returns: nil if this process is not such a child.
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

  /// The request to the child, from its standard input.
  public static func request() -> [UInt8] {
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(0, &buffer, buffer.count)
      guard count > 0 else { return bytes }
      bytes += buffer[..<count]
    }
  }

  /// Loads each library, calls its entry function, and reads its declarations.
  public func open(_ paths: [String]) {
    ForeignEnvironment.forgetOthers()
    for (step, path) in paths.enumerated() {
      begin(step, path)
      let (before, open) = (outputSize, openSentinels)
      _ = try? PluginLibrary(path: path)
      fflush(nil)
      if outputSize != before { memory.note(.writesOutput, of: step) }
      if openSentinels.count < open.count {
        memory.note(.closesDescriptors, of: step)
        fillDescriptors()
      }
    }
  }

  /// Begins the next step and its time limit.
  public func begin(_ step: Int, _ text: String) {
    alarm(UInt32(min(limit * ProbeProcess.patience, 1e9).rounded(.up)) + 5)
    memory.begin(step, text)
  }

  /// Numbers for the parent, at most `ProbeOutcome.mostResults`.
  public func report(_ results: [Int64]) { memory.report(results) }

  public func finish() -> Never {
    memory.finish()
    _exit(0)
  }

  // MARK: Set-up

  private func prepare() {
    endWithParent()
    // The parent's signal handlers are not for the child.
    for signal in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGALRM, SIGTERM, SIGINT, SIGPIPE] {
      Glibc.signal(signal, SIG_DFL)
    }
    signal(SIGXFSZ, SIG_IGN)
    setLimit(Int32(RLIMIT_CORE.rawValue), 0)
    // A check of a trainable class writes a model, and the memory that an isolated node shares with its process counts as
    // a file.
    setLimit(Int32(RLIMIT_FSIZE.rawValue), 1 << 30)
    let memory = UInt64(max(1, sysconf(Int32(_SC_PHYS_PAGES)))) * UInt64(max(1, sysconf(Int32(_SC_PAGESIZE))))
    // In addition to its present memory: a sanitizer reserves more than any computer has.
    setLimit(Int32(RLIMIT_DATA.rawValue), rlim_t(Self.dataBytes + memory / 2))
    setLimit(Int32(RLIMIT_CPU.rawValue), rlim_t(600))
    fillDescriptors()
  }

  /// The child must end when its parent has ended. On systems without this call, `alarm` ends it.
  private func endWithParent() {
    // Swift does not import it, because it has variable arguments.
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "prctl") else { return }
    let setParentDeathSignal: Int32 = 1
    let prctl = unsafeBitCast(symbol, to: (@convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32).self)
    _ = prctl(setParentDeathSignal, UInt(SIGKILL), 0, 0, 0)
  }

  /// Private memory of this process, in bytes.
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

  /// All of them, unless there is no `/dev/null` for this user, or fewer descriptors are allowed.
  private var openSentinels: [Int32] { Self.sentinels.filter { fcntl($0, F_GETFD) >= 0 } }

  private var outputSize: off_t {
    var status = stat()
    return fstat(1, &status) == 0 ? status.st_size : 0
  }
}
