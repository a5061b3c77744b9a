import CNodeABI
import NodeABI

/// The format of a stream: `auscult_format`, with Swift's arrays for its lists. Time is in ticks of `1 / denominator` of
/// a driver frame; see node.h.
public struct StreamFormat: Sendable, Equatable {
  public enum Scale: UInt32, Sendable {
    case linear = 0
    case decibel, unit, other
  }
  public var kind: StreamKinds
  public var channels: Int
  /// Slice: analysis frames; else 1.
  public var rows: Int
  /// Spectrum: bins; features and slice: bands; else 1.
  public var columns: Int
  /// Driver frames per second.
  public var driverRate: Int
  public var denominator: Int64
  /// Ticks from one token (audio: sample) to the next.
  public var period: Int64
  /// Ticks that a token covers.
  public var extent: Int64
  /// Ticks from the origin to the beginning of token 0.
  public var offset: Int64
  /// Driver frames beyond a token's end that must have arrived before it can be yielded, summed from the source.
  public var lookahead: Int64
  /// True: the node fills the heads of its tokens itself.
  public var stampedByNode: Bool
  public var scale: Scale
  /// Hertz of each column, or empty. Negative: the column is no band.
  public var frequencies: [Float]
  /// Fifteenths: from this share of silence on a token counts as silent; 0: only if all of it is silent.
  public var silentShare: Int
  /// The machine of each channel. Empty in an answer: the input's machines.
  public var machines: [String]

  /// Samples (audio) or tokens per second.
  public var rate: Double { Double(driverRate) * Double(denominator) / Double(period) }

  /// Driver frames, rounded up, in a number of ticks.
  public func frames(ticks: Int64) -> Int64 { ceilDivide(ticks, denominator) }

  /// Ticks of `tokens` tokens of this stream.
  ///
  /// - Throws: `NodeError` if the time is too long to be counted.
  public func ticks(_ tokens: Int, _ parameter: String) throws -> Int64 {
    let (ticks, overflows) = period.multipliedReportingOverflow(by: Int64(tokens))
    guard !overflows, ticks <= 1 << 52 else {
      throw NodeError("\(tokens) tokens of this stream last for years: make it shorter", parameter: parameter)
    }
    return ticks
  }

  /// Multiplies the denominator by `factor`, and all ticks too: no time changes.
  public mutating func refine(by factor: Int64) {
    denominator *= factor
    period *= factor
    extent *= factor
    offset *= factor
  }

  init(_ format: auscult_format) {
    kind = StreamKinds(rawValue: format.kind)
    channels = Int(format.channels)
    rows = Int(format.rows)
    columns = Int(format.columns)
    driverRate = Int(format.driver_rate)
    denominator = format.denominator
    period = format.period
    extent = format.extent
    offset = format.offset
    lookahead = format.lookahead
    stampedByNode = format.stamp == AUSCULT_STAMP_NODE
    scale = Scale(rawValue: format.scale) ?? .other
    frequencies =
      format.frequencies.map { pointer in
        (0..<Int(format.frequency_count)).map { pointer[$0] }
      } ?? []
    silentShare = Int(format.silent_share)
    machines = format.machines.map { pointer in (0..<Int(format.channels)).map { String(cString: pointer[$0]!) } } ?? []
  }
}

/// The input of `configure`.
public struct Setup: Sendable {
  public struct Input: Sendable {
    public var format: StreamFormat
    /// Index of the linked input port.
    public var port: Int
    /// Name of the node that the link comes from.
    public var node: String
  }
  /// Driver frames per second.
  public var driverRate: Int
  /// The most driver frames that one call of `process` covers.
  public var quantum: Int
  public var inputs: [Input]
  /// Bytes that may be used now. Refuse to use more.
  public var memory: Int

  /// The format of the first input.
  public var input: StreamFormat { inputs[0].format }

  init(_ setup: auscult_setup) {
    driverRate = Int(setup.driver_rate)
    quantum = Int(setup.quantum)
    memory = hasMember(setup.size, \auscult_setup.memory) && setup.memory > 0 ? Int(clamping: setup.memory) : Int.max
    inputs = (0..<Int(setup.input_count)).map { index in
      Input(
        format: StreamFormat(setup.inputs[index]), port: Int(setup.input_ports[index]),
        node: String(cString: setup.input_nodes[index]!))
    }
  }
}

/// The result of `configure`.
public struct Answer: Sendable {
  public struct Output: Sendable {
    /// At first a copy of the first input's format, stamped by the host.
    public var format: StreamFormat
    /// The most tokens that one call can yield beyond its input's frames / period, also at the end of a file.
    public var burst: Int
  }
  public var outputs: [Output]
  /// Driver frames from a sample's arrival to the token that contains it, of this node alone.
  public var latency: Int64 = 0
  /// Driver frames of input that a fresh instance needs before its first valid token.
  public var history: Int64 = 0
  /// Driver frames that the state reaches back; nil: without limit.
  public var reach: Int64? = 0
  /// Number of channels that the driver supplies.
  public var externalInputs = 0
  /// Number of channels that the driver takes.
  public var externalOutputs = 0
  /// Names or patterns of ports to connect to.
  public var connect: [String] = []
  /// The input channel of each output channel; empty: the same one if the numbers are equal, else all.
  public var channelMap: [Int] = []
  /// "sha256:..." of the model that the instance uses.
  public var model: String?
  /// Names of the classes, for classifiers.
  public var classNames: [String] = []
  /// Bytes that the instance uses while active. The host adds them up before it activates any node.
  public var memory = 0

  /// The first output.
  public var output: Output {
    get { outputs[0] }
    set { outputs[0] = newValue }
  }
}
