import CNodeABI
import NodeKit

/// Base of detectors that judge each token by a trained model, one for each machine.
///
/// They run on workers: a judgement comes in one piece at the end of a slice, and what it costs depends on the model.
/// Each token of each channel is judged by itself, so a score never depends on how many come together.
open class JudgingNode: OffloadNode, Explaining {
  /// Parameters of every detector with a model; a subclass adds its own.
  public static let sharedParameters: [ParameterDeclaration] = [
    .inputPath("model", "A model file that `auscult train` made, for this very front end"), Thresholds.parameter,
  ]

  public static let inputs = [
    PortDeclaration("in", [.features, .slice], "Levels of bands; a slice counts as one vector")
  ]
  /// Of networks that look at pictures.
  public static let sliceInputs = [PortDeclaration("in", .slice, "Slices of levels of bands")]
  public static func output(_ summary: String) -> [PortDeclaration] { [PortDeclaration("score", .score, summary)] }

  /// Scores are limited to this: finite whatever comes in.
  private static let greatest = 1e30
  /// Bands that a score names.
  private static let namedBands = 3

  private let path: String?
  private let thresholds: Thresholds
  private var format: StreamFormat?
  public private(set) var scorers: [Scorer] = []
  private var limits: [Double] = []
  private var row = Row(width: 0, columns: 0)

  public required init(_ arguments: Arguments) throws {
    path = arguments["model"]?.text
    thresholds = Thresholds(arguments["threshold"])
    try super.init(arguments)
  }

  /// What judges one machine's tokens [rows x columns].
  open func scorer(_ model: Model, _ machine: Model.Machine, rows: Int, columns: Int) throws -> Scorer {
    preconditionFailure("a JudgingNode must override `scorer`")
  }

  // MARK: Control

  public final override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    format = input
    scorers = []
    let fixed = try thresholds.fixed(for: input.machines)
    limits = fixed.map { $0 ?? 0 }
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.scale = .other
    answer.output.format.frequencies = input.frequencies
    answer.output.format.machines = []
    answer.output.format.stampedByNode = true
    // What the nodes before hold back comes on top of the tokens of a call.
    answer.output.burst = 64
    answer.history = input.frames(ticks: input.extent)
    answer.reach = 0
    // A model that is missing is an error only when the graph is to run.
    guard let path, isReadable(path) else { return }
    let model = try Model(path, host: host)
    answer.model = model.digest
    answer.classNames = model.labels
    // Two rows of doubles.
    answer.memory = 2 * input.rows * input.columns * MemoryLayout<Double>.stride
    for (channel, name) in input.machines.enumerated() {
      let machine = try model.machine(name)
      let (own, bytes) = try Allotment.within(setup.memory - answer.memory) {
        try scorer(model, machine, rows: input.rows, columns: input.columns)
      }
      scorers.append(own)
      answer.memory += bytes
      guard let limit = fixed[channel] ?? machine.threshold else {
        throw NodeError(
          "\(path): has no threshold for '\(name)'; set one with `auscult calibrate`, or give 'threshold'",
          parameter: "model")
      }
      limits[channel] = limit
    }
  }

  public final override func activate() throws {
    guard let format else { throw NodeError("not configured") }
    guard let path else {
      throw NodeError("needs a model: train one with `auscult train`, then give 'model: FILE'", parameter: "model")
    }
    guard scorers.count == format.channels else {
      throw NodeError("\(path): there is no such file; train it first", parameter: "model")
    }
    row = Row(width: format.rows * format.columns, columns: format.columns)
  }

  // MARK: Worker

  public final override func work(_ cycle: Cycle) throws {
    for token in 0..<cycle.input.count {
      for channel in scorers.indices {
        judge(scorers[channel], limits[channel], cycle.input.values(token, channel), cycle.output.score(token, channel))
      }
      cycle.output.head(token).pointee = cycle.input.head(token).pointee
    }
    cycle.output.count = cycle.input.count
  }

  private func judge(
    _ scorer: Scorer, _ limit: Double, _ token: UnsafePointer<Float>, _ output: UnsafeMutablePointer<auscult_score>
  ) {
    scorer.scale(token, into: row.values)
    let score = scorer.score(row.values, scorer.width)
    let verdict = scorer.verdict()
    output.pointee = auscult_score()
    output.pointee.score = score.isFinite ? min(max(score, -Self.greatest), Self.greatest) : Self.greatest
    output.pointee.threshold = limit
    output.pointee.class_index = verdict.index
    output.pointee.probability = verdict.probability
    guard output.pointee.score > limit else { return }
    scorer.parts(row.values, scorer.width, into: row.parts)
    output.pointee.band_count = UInt32(row.rank(into: &output.pointee.bands, most: Self.namedBands))
  }

  // MARK: explain/1

  public final func explain(
    channel: Int, token: UnsafePointer<Float>, bands: UnsafeMutablePointer<Float>,
    moments: UnsafeMutablePointer<Float>
  ) throws {
    guard let format, channel < scorers.count else { throw NodeError("has no model") }
    scorers[channel].scale(token, into: row.values)
    scorers[channel].explain(row.values, into: row.parts)
    for line in 0..<format.rows {
      for column in 0..<format.columns {
        let part = Float(row.parts[line * format.columns + column])
        bands[column] += part
        moments[line] += part
      }
    }
  }
}
