import NodeKit

/// A configured `normalize`: its parameters and the format of its input.
struct Plan {
  let parameters: NormalizeParameters
  let channels: Int
  let rows: Int
  let columns: Int
  /// Tokens per second.
  let rate: Double
  /// The input is in dB: it is not converted again.
  let isDecibel: Bool
  /// Bytes that `rolling` may take.
  private static let mostMemory = 128 << 20
  /// Tokens that `rolling` covers, the current one included.
  let window: Int
  private let inputScale: StreamFormat.Scale
  private let windowFrames: Int64

  /// - Throws: `NodeError` when the mode cannot work on this input.
  init(_ parameters: NormalizeParameters, _ input: StreamFormat) throws {
    self.parameters = parameters
    channels = input.channels
    rows = input.rows
    columns = input.columns
    rate = input.rate
    isDecibel = input.scale == .decibel
    inputScale = input.scale
    window = max(1, Int((parameters.over * input.rate).rounded()))
    windowFrames = input.frames(ticks: Int64(window) * input.period + input.extent)
    try check(isSlice: input.kind == .slice)
  }

  private func check(isSlice: Bool) throws {
    if !isSlice {
      if parameters.mode == .slice {
        throw NodeError("the mode slice takes slices: put it after a slicer", parameter: "mode")
      }
      if parameters.mode == .decibel && parameters.topDecibels != nil {
        throw NodeError(
          "a live stream has no greatest value as a reference for top_db: put it after a slicer", parameter: "top_db")
      }
    }
    if parameters.mode == .decibel || parameters.mode == .slice { try checkReference() }
    if isSlice && parameters.mode == .pcen {
      throw NodeError("the mode pcen follows a stream of features: put it before the slicer", parameter: "mode")
    }
    if parameters.mode == .rolling && memory > Plan.mostMemory {
      throw NodeError(
        "the last \(parameters.over) s would take \(memory >> 20) MiB; at most \(Plan.mostMemory >> 20) are kept",
        parameter: "over")
    }
    // Existing statistics are checked now; a missing file is an error only when the graph is to run.
    if let source = parameters.frozen, !source.isMissing { _ = try source.statistics(bands: columns) }
  }

  private func checkReference() throws {
    guard parameters.reference.takesPower else { return }
    guard !isDecibel else {
      throw NodeError(
        "the input is already in dB, and this level needs power: use this node instead of the one that converts to dB",
        parameter: "ref")
    }
    guard parameters.reference != .band || parameters.band < columns else {
      throw NodeError("there are \(columns) bands, from 0 to \(columns - 1)", parameter: "ref_band")
    }
  }

  /// Columns of the output.
  var outputColumns: Int { columns + (parameters.keepsLevel ? 1 : 0) }

  /// Frequencies of each column of the output; the level is not a band.
  func frequencies(_ input: [Float]) -> [Float] {
    input.isEmpty || !parameters.keepsLevel ? input : input + [-1]
  }

  /// Values in a token of one channel.
  var count: Int { rows * columns }

  var scale: StreamFormat.Scale {
    switch parameters.mode {
    case .decibel: parameters.levels == nil ? .decibel : .unit
    case .slice, .rolling: .unit
    case .frozen: parameters.clips ? .unit : .other
    case .pcen: .other
    case .none: inputScale
    }
  }

  /// Driver frames of history in the state; nil: unbounded.
  var reach: Int64? {
    switch parameters.mode {
    case .rolling: windowFrames
    case .pcen: nil
    case .decibel, .slice, .frozen, .none: 0
    }
  }

  /// What `rolling` keeps: one range for all bands, or one for each.
  var rolling: RollingLayout { RollingLayout(width: parameters.isPerBand ? columns : 1, window: window) }

  /// Bytes that the instance holds.
  var memory: Int {
    switch parameters.mode {
    case .rolling: Int(min(8 * Double(channels) * rolling.floats, 0x1p62)) + 8 * channels
    case .pcen: channels * columns * 8
    case .frozen: 2 * columns * 4
    case .decibel, .slice, .none: 0
    }
  }
}
