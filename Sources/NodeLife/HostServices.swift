import CNodeABI
import Glibc
import Graph
import Synchronization

/// The severity of a log line.
public enum LogLevel: Int32, Sendable, Comparable {
  case debug = 0
  case info, warning, error
  public static func < (a: LogLevel, b: LogLevel) -> Bool { a.rawValue < b.rawValue }
}

/// The services that all nodes of a graph share: the log, the wall clock, the name of the input file.
package final class HostServices: @unchecked Sendable {
  /// Receives messages of the nodes and the engine. Called on control and worker threads.
  package let log: @Sendable (LogLevel, String, String) -> Void
  package let notices = NoticeQueue()
  /// What nodes announce over files: see `Announcements.swift`.
  let lastNotices = NoticeQueue()
  package let remarks = RemarkList()
  package let outages = OutageList()
  package let figures = FigureList()
  package let failures = FailureList()
  package let graphHashes = GraphHashes()
  /// How long to wait for nodes.
  package let calls: NodeCalls
  private let clock = Mutex(WallClock())
  private let fileName = Mutex<UnsafeMutablePointer<CChar>?>(nil)
  private let driverRate = Atomic<Int>(48000)
  /// The results have no deadline: over files, by hand.
  package let hasNoDeadline = Atomic<Bool>(false)

  private let began = Atomic<Int64>(0)

  /// Called before every call of a node on the control thread, with the function and the node.
  let entering: (@Sendable (String, Graph.Node) -> Void)?

  package init(
    runName: String? = nil, isRehearsal: Bool = false, log: @escaping @Sendable (LogLevel, String, String) -> Void,
    entering: (@Sendable (String, Graph.Node) -> Void)? = nil
  ) {
    self.isRehearsal = isRehearsal
    self.runName = runName.flatMap { strdup($0) }.map { UnsafePointer($0) }
    self.log = log
    self.entering = entering
    calls = NodeCalls(log: log)
  }

  /// The run's outputs are thrown away.
  let isRehearsal: Bool
  /// Name of the run, if it is not the graph's.
  let runName: UnsafePointer<CChar>?

  deinit {
    fileName.withLock { free($0) }
    free(UnsafeMutablePointer(mutating: runName))
  }

  /// Reports a node that fails, and keeps the reason. Thread: control or worker.
  package func quarantined(_ node: String, _ reason: String) {
    failures.note(node, reason)
    log(.error, node, "\(reason); the node is quarantined, the graph runs on")
  }

  package func setRate(_ rate: Int) { driverRate.store(rate, ordering: .relaxed) }

  /// Sets the file that the driver reads now. Called while no node runs.
  package func setFile(_ name: String?) {
    fileName.withLock {
      free($0)
      $0 = name.flatMap { strdup($0) }
    }
  }

  /// Ties a frame position to the wall clock, and counts a jump of the clock since the last call.
  package func anchor(position: Int64, wall: Int64, monotonic: Int64) {
    clock.withLock { $0.anchor(position: position, wall: wall, monotonic: monotonic) }
  }

  /// Nanoseconds since the Unix epoch at which the live run began; 0: not live.
  package var liveSince: Int64 {
    get { began.load(ordering: .relaxed) }
    set { began.store(newValue, ordering: .relaxed) }
  }

  /// Sets the wall-clock time of position 0; nil: it is not known.
  package func setStart(_ wall: Int64?) { clock.withLock { $0.start(wall) } }

  /// The same for every node that asks about this position soon after; nil: not known.
  func wallTime(at position: Int64) -> Int64? {
    let rate = Int64(driverRate.load(ordering: .relaxed))
    return clock.withLock { $0.told(at: position, rate: rate) }
  }

  var clockSteps: UInt64 { clock.withLock { $0.steps } }

  var file: UnsafePointer<CChar>? { fileName.withLock { UnsafePointer($0) } }
}

/// A frame position with its wall-clock time, if that is known.
struct WallClock {
  private var position: Int64 = 0
  private var wall: Int64?
  private var difference: Int64?
  private(set) var steps: UInt64 = 0
  /// The last answers: an alarm has one time in all records, although the clock is adjusted between two questions.
  private var answers: [Int64: Int64] = [:]
  private var asked: [Int64] = []
  private var oldest = 0
  private static let remembered = 4096

  /// If the difference between wall and monotonic clock changes by more than this between two calls, the clock has
  /// jumped. Smaller changes come from a time daemon that adjusts the clock gradually.
  static let stepNanoseconds: Int64 = 100_000_000

  package mutating func anchor(position: Int64, wall: Int64, monotonic: Int64) {
    if let difference, abs(wall - monotonic - difference) > WallClock.stepNanoseconds { steps += 1 }
    difference = wall - monotonic
    self.position = position
    self.wall = wall
  }

  mutating func start(_ wall: Int64?) {
    difference = nil
    position = 0
    self.wall = wall
    answers = [:]
    asked = []
    oldest = 0
  }

  mutating func told(at position: Int64, rate: Int64) -> Int64? {
    if let answer = answers[position] { return answer }
    guard let answer = time(at: position, rate: rate) else { return nil }
    if asked.count < WallClock.remembered {
      asked.append(position)
    } else {
      answers[asked[oldest]] = nil
      asked[oldest] = position
      oldest = (oldest + 1) % asked.count
    }
    answers[position] = answer
    return answer
  }

  func time(at position: Int64, rate: Int64) -> Int64? {
    guard let wall else { return nil }
    let frames = position - self.position
    // Whole seconds separately, so that the product does not overflow.
    return wall + frames / rate * 1_000_000_000 + frames % rate * 1_000_000_000 / rate
  }
}

/// The `auscult_host` of one instance.
package final class NodeHostRecord {
  package let services: HostServices
  let nodeName: String
  package let native: UnsafeMutablePointer<auscult_host>
  private let graphText: UnsafeMutablePointer<CChar>
  package let nodeText: UnsafeMutablePointer<CChar>
  /// The node takes over the output of the old node of the same name; see "continue/1" in node.h.
  package var continues = false
  /// Frame position through which notices may be fetched. Other than `running` only while the node is deactivated.
  let lastNotices = Atomic<Int64>(running)
  static let running = Int64.max - 1
  private let reading = Mutex(NoticeReading())

  package init(services: HostServices, graph: String, node: String) {
    self.services = services
    nodeName = node
    graphText = strdup(graph)
    nodeText = strdup(node)
    native = .allocate(capacity: 1)
    native.initialize(
      to: auscult_host(
        size: UInt32(MemoryLayout<auscult_host>.size), context: nil, graph: UnsafePointer(graphText),
        node: UnsafePointer(nodeText), log: hostLog, wall_time: hostWallTime, clock_steps: hostClockSteps,
        file: hostFile, extension: hostExtension))
    native.pointee.context = Unmanaged.passUnretained(self).toOpaque()
  }

  deinit {
    if reading.withLock({ $0.isOpen }) {
      services.notices.leave(nodeName)
      services.lastNotices.leave(nodeName)
    }
    services.remarks.forget(ObjectIdentifier(self))
    services.figures.forget(ObjectIdentifier(self))
    services.outages.forget(ObjectIdentifier(self))
    native.deallocate()
    free(graphText)
    free(nodeText)
  }

  var readsNotices: Bool { reading.withLock { $0.isOpen } }

  /// Notes that the node fetches notices.
  func openNotices() {
    reading.withLock { reading in
      if !reading.isOpen {
        services.notices.enter(nodeName)
        services.lastNotices.enter(nodeName)
      }
      reading.isOpen = true
    }
  }

  func nextNotice(through: Int64) -> UnsafePointer<auscult_notice>? {
    let last = lastNotices.load(ordering: .acquiring)
    // All that is there, however late it came.
    let position = through >= Self.running && last >= Self.running ? .max : min(through, last)
    var next = services.notices.next(for: nodeName, through: position)
    if next == nil, last == .max { next = services.lastNotices.next(for: nodeName, through: .max) }
    guard let notice = next else { return nil }
    return reading.withLock { reading in
      reading.last = notice
      return notice.native
    }
  }

  static func of(_ host: UnsafePointer<auscult_host>?) -> NodeHostRecord {
    Unmanaged<NodeHostRecord>.fromOpaque(host!.pointee.context).takeUnretainedValue()
  }
}

private let hostLog: @convention(c) (UnsafePointer<auscult_host>?, Int32, UnsafePointer<CChar>?) -> Void = {
  host, level, text in
  let record = NodeHostRecord.of(host)
  record.services.log(LogLevel(rawValue: level) ?? .info, record.nodeName, text.map { String(cString: $0) } ?? "")
}

private let hostWallTime: @convention(c) (UnsafePointer<auscult_host>?, Int64) -> Int64 = { host, position in
  NodeHostRecord.of(host).services.wallTime(at: position) ?? Int64.min  // AUSCULT_NO_TIME
}

private let hostClockSteps: @convention(c) (UnsafePointer<auscult_host>?) -> UInt64 = { host in
  NodeHostRecord.of(host).services.clockSteps
}

private let hostFile: @convention(c) (UnsafePointer<auscult_host>?) -> UnsafePointer<CChar>? = { host in
  NodeHostRecord.of(host).services.file
}

private let hostExtension: @convention(c) (UnsafePointer<auscult_host>?, UnsafePointer<CChar>?) -> UnsafeRawPointer? = {
  host, name in
  guard let name else { return nil }
  switch String(cString: name) {
  case AUSCULT_CONTINUE: return NodeHostRecord.of(host).continues ? UnsafeRawPointer(host) : nil
  case AUSCULT_NOTICES:
    NodeHostRecord.of(host).openNotices()
    return UnsafeRawPointer(noticeAbility.table)
  case AUSCULT_REMARKS: return remarkAbilityTable
  case AUSCULT_OUTAGES: return outageAbilityTable
  case AUSCULT_RUN: return runAbilityTable
  case AUSCULT_ANNOUNCE: return announceAbilityTable
  case AUSCULT_FIGURES: return figureAbilityTable
  case let name: return hostAbility(name)
  }
}
