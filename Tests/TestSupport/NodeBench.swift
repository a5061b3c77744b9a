import CNodeABI
import CRealtime
import NodeHost

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One node alone on a bench: configured without a graph, fed by hand, watched closely.
///
/// Output memory is as small as the node's own declaration makes it, filled with a pattern beforehand, and fenced: a
/// token too many, a value that was not written and one that was written outside are problems, as in a real host they
/// would be silent.
public final class NodeBench {
  public struct Problem: Error, CustomStringConvertible {
    public var text: String
    /// The parameter that the node names as its cause.
    public var parameter: String?
    public var description: String { parameter.map { "\($0): \(text)" } ?? text }
  }

  /// What `configure` answered.
  public private(set) var answer = auscult_answer()
  public private(set) var output: BenchFormat?
  public private(set) var burst = 0
  private var input: BenchFormat?

  private let nodeClass: NodeClass
  private let arguments: BenchArguments
  private let host: BenchHost
  private var instance: UnsafeMutableRawPointer?

  /// Creates a node of a class from the build's plugins.
  ///
  /// - Parameter parameters: as a graph file writes them; lists in brackets.
  public convenience init(_ name: String, _ parameters: [String: String] = [:]) throws {
    guard let nodeClass = TestPlugins.catalog[name] else {
      throw Problem(text: "no class \(name) in \(BuildFolder.path)")
    }
    try self.init(nodeClass, parameters)
  }

  public init(_ nodeClass: NodeClass, _ parameters: [String: String] = [:]) throws {
    self.nodeClass = nodeClass
    arguments = try BenchArguments(nodeClass, parameters)
    host = BenchHost()
    try check {
      nodeClass.native.pointee.create(
        nodeClass.native, host.native, UInt32(arguments.count), arguments.list, &instance, $0)
    }
  }

  deinit {
    if let instance {
      if isActive { nodeClass.native.pointee.deactivate(instance) }
      nodeClass.native.pointee.destroy(instance)
    }
  }

  /// Lines that the node has logged.
  public var log: [String] { host.lines }
  public private(set) var isActive = false

  private func check(_ body: (UnsafeMutablePointer<auscult_error>) -> auscult_status) throws {
    var error = auscult_error()
    error.size = UInt32(MemoryLayout<auscult_error>.size)
    guard body(&error) != AUSCULT_OK else { return }
    let text = withUnsafeBytes(of: error.text) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let parameter = withUnsafeBytes(of: error.parameter) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    throw Problem(text: text, parameter: parameter.isEmpty ? nil : parameter)
  }

  // MARK: Life

  /// Configures with one input and activates.
  @discardableResult
  public func start(_ input: BenchFormat, quantum: Int = 1024) throws -> BenchFormat {
    let format = try configure(input, quantum: quantum)
    try activate()
    return format
  }

  @discardableResult
  public func configure(_ input: BenchFormat, quantum: Int = 1024) throws -> BenchFormat {
    self.input = input
    var format = input.native
    let kinds = nodeClass.native.pointee.outputs[0].kinds
    if kinds.nonzeroBitCount == 1 { format.kind = kinds }
    format.frequencies = nil
    format.frequency_count = 0
    var burst: UInt32 = 0
    let machine = strdup("bench")
    defer { free(machine) }
    try withUnsafePointer(to: input.native) { inputs in
      var port: UInt32 = 0
      var name = UnsafePointer(machine)
      try withUnsafePointer(to: &port) { ports in
        try withUnsafePointer(to: &name) { names in
          var setup = auscult_setup(
            size: UInt32(MemoryLayout<auscult_setup>.size), driver_rate: input.native.driver_rate,
            quantum: UInt32(quantum), input_count: 1, inputs: inputs, input_ports: ports, input_nodes: names, memory: 0)
          try withUnsafeMutablePointer(to: &format) { formats in
            try withUnsafeMutablePointer(to: &burst) { bursts in
              answer = auscult_answer()
              answer.size = UInt32(MemoryLayout<auscult_answer>.size)
              answer.output_count = 1
              answer.outputs = formats
              answer.bursts = bursts
              try check { nodeClass.native.pointee.configure(instance, &setup, &answer, $0) }
            }
          }
        }
      }
    }
    self.burst = Int(burst)
    let output = BenchFormat(format)
    self.output = output
    return output
  }

  public func activate() throws {
    try check { nodeClass.native.pointee.activate(instance, $0) }
    isActive = true
  }

  public func deactivate() {
    nodeClass.native.pointee.deactivate(instance)
    isActive = false
  }

  public func reset() { nodeClass.native.pointee.reset?(instance) }

  // MARK: Work

  /// Feeds a stream in blocks of `period()` tokens and collects what comes out.
  ///
  /// - Parameter isEnd: the stream ends: with the last block, or, where there is none, with an empty one.
  public func run(_ stream: BenchStream, isEnd: Bool = true, period: () -> Int) throws -> BenchStream {
    guard let output else { throw Problem(text: "not configured") }
    var result = BenchStream(
      format: output, channels: Array(repeating: [], count: Int(output.native.channels)))
    var done = 0
    repeat {
      let count = min(max(period(), 0), stream.count - done)
      let isLast = done + count == stream.count
      result.append(try process(stream.part(done..<(done + count)), isEnd: isEnd && isLast))
      done += count
    } while done < stream.count
    return result
  }

  /// One call of `process`.
  public func process(_ block: BenchStream, isEnd: Bool = false) throws -> BenchStream {
    guard let input, let output else { throw Problem(text: "not configured") }
    let capacity = try most(block.count, input.native, output.native)
    let from = BenchBlock(input, block, flags: isEnd ? AUSCULT_BLOCK_END : 0)
    let to = BenchBlock(output, capacity: capacity)
    try withUnsafePointer(to: UnsafePointer<auscult_block>?(UnsafePointer(from.native))) { inputs in
      try withUnsafePointer(to: UnsafeMutablePointer<auscult_block>?(to.native)) { outputs in
        var clock = auscult_clock()
        var cycle = auscult_cycle()
        cycle.size = UInt32(MemoryLayout<auscult_cycle>.size)
        cycle.input_count = 1
        cycle.output_count = 1
        cycle.inputs = inputs
        cycle.outputs = outputs
        let status = withUnsafePointer(to: &clock) { clock in
          cycle.clock = clock
          return run(&cycle)
        }
        guard status == AUSCULT_OK else {
          throw Problem(text: cycle.failure.map { String(cString: $0) } ?? "failed without a text")
        }
      }
    }
    return try to.collect()
  }

  /// Calls the node as an engine's thread does; a build with RealtimeSanitizer watches classes that are hard.
  private func run(_ cycle: UnsafeMutablePointer<auscult_cycle>) -> auscult_status {
    guard let instance else { return AUSCULT_FAILED }
    let denormals = realtime_flush_denormals()
    if nodeClass.isHard { realtime_enter() }
    let status = realtime_process(nodeClass.native, instance, cycle)
    if nodeClass.isHard { realtime_exit() }
    realtime_restore_denormals(denormals)
    return status
  }

  /// The most tokens that the node has said it can yield from a block of `count`.
  private func most(_ count: Int, _ input: auscult_format, _ output: auscult_format) throws -> Int {
    guard output.denominator % input.denominator == 0 else { throw Problem(text: "positions cannot be expressed") }
    let ticks = Int64(count) * input.period * (output.denominator / input.denominator)
    return Int((ticks + output.period - 1) / output.period) + burst
  }
}
