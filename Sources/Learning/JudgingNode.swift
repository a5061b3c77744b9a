import CNodeABI
import NodeKit

/// Base of detectors that score each token by a trained model, one for each machine.
///
/// They run on workers: scoring happens all at once at the end of a slice, and its cost depends on the model. A score
/// never depends on the number of tokens in a call: a `BatchScorer` takes several only to read its model once.
open class JudgingNode: OffloadNode, Explaining {
  /// Parameters of every detector with a model; a subclass adds its own.
  public static let sharedParameters: [ParameterDeclaration] = [
    .inputPath("model", "A model file of `auscult train`, for this front end"), Thresholds.parameter,
  ]

  public static let inputs = [
    PortDeclaration("in", [.features, .slice], "Levels of bands; a slice counts as one vector")
  ]
  /// Inputs of networks that need images.
  public static let sliceInputs = [PortDeclaration("in", .slice, "Slices of levels of bands")]
  public static func output(_ summary: String) -> [PortDeclaration] { [PortDeclaration("score", .score, summary)] }

  /// Limit of scores, so that they are always finite.
  private static let greatest = 1e30
  /// Bands that a score names.
  private static let namedBands = 3

  private let path: String?
  private let thresholds: Thresholds
  private var format: StreamFormat?
  public private(set) var scorers: [Scorer] = []
  private var thresholdsByChannel: [Double] = []
  private var row = Row(width: 0, columns: 0)
  /// Of the tokens of a batch.
  private let scores: UnsafeMutablePointer<Double>
  private let memory = NodeMemory()
  /// By channel; nil: it takes one token at a time.
  private var batchScorers: [BatchScorer?] = []
  private var bandWatches: [BandWatch?] = []
  /// By channel: missing bands were reported.
  private var toldOfBands: [Bool] = []
  private var remarks: Remarks?

  public required init(_ arguments: Arguments) throws {
    path = arguments["model"]?.text
    thresholds = Thresholds(arguments["threshold"])
    scores = memory.array(repeating: 0, count: InferencePlan.greatestBatch)
    try super.init(arguments)
  }

  /// The scorer of one machine's tokens [rows x columns].
  open func scorer(_ model: Model, _ machine: Model.Machine, rows: Int, columns: Int) throws -> Scorer {
    preconditionFailure("a JudgingNode must override `scorer`")
  }

  // MARK: Control

  public final override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    format = input
    scorers = []
    batchScorers = []
    bandWatches = []
    let fixed = try thresholds.fixed(for: input.machines)
    thresholdsByChannel = fixed.map { $0 ?? 0 }
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.scale = .other
    answer.output.format.frequencies = input.frequencies
    answer.output.format.machines = []
    answer.output.format.stampedByNode = true
    // Nodes before this one may hold tokens back and deliver them in one call.
    answer.output.burst = 64
    answer.history = input.frames(ticks: input.extent)
    answer.reach = 0
    // A missing model is an error only when the graph is to run.
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
      batchScorers.append(own as? BatchScorer)
      bandWatches.append(BandWatch(input, machine))
      answer.memory += bytes
      guard let threshold = fixed[channel] ?? machine.threshold else {
        throw NodeError(
          "\(path): has no threshold for '\(name)'; set one with `auscult calibrate`, or give 'threshold'",
          parameter: "model")
      }
      thresholdsByChannel[channel] = threshold
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
    if toldOfBands.count != format.channels { toldOfBands = Array(repeating: false, count: format.channels) }
    remarks = Remarks(host)
  }

  // MARK: Worker

  public final override func work(_ cycle: Cycle) throws {
    let (input, count) = (cycle.input, cycle.input.count)
    for channel in scorers.indices {
      // Read once: each reading of an array counts references.
      let watch = bandWatches[channel]
      if let scorer = batchScorers[channel] {
        var token = 0
        while token < count {
          let next = min(count, token + scorer.mostTokens)
          judge(channel, scorer, watch, token..<next, cycle)
          token = next
        }
      } else {
        let (scorer, threshold) = (scorers[channel], thresholdsByChannel[channel])
        for token in 0..<count {
          judge(scorer, watch, threshold, input.values(token, channel), cycle.output.score(token, channel))
        }
      }
      guard let watch else { continue }
      for token in 0..<count where input.marks(token, channel).isSounding {
        if let verdict = watch.note(input.values(token, channel)) { tell(verdict, channel) }
      }
    }
    for token in 0..<count { cycle.output.head(token).pointee = input.head(token).pointee }
    cycle.output.count = count
    guard input.isEnd else { return }
    for channel in bandWatches.indices {
      if let verdict = bandWatches[channel]?.end() { tell(verdict, channel) }
    }
  }

  private func tell(_ verdict: BandWatch.Verdict, _ channel: Int) {
    guard let format else { return }
    switch verdict {
    case .complete: remarks?.say("bands", channel, nil)
    case .lacks(let limit):
      let text =
        "the sound has nothing above \(limit), but the training sound has: scores leave these bands out"
      remarks?.say("bands", channel, text)
      guard !toldOfBands[channel] else { return }
      toldOfBands[channel] = true
      let place = host.file.map { " (first in \($0))" } ?? ""
      host.log(
        .warning,
        "\(format.machines[channel]): \(text)\(place). Record it at the rate and in the encoding of the training sound, "
          + "or train with 'fmax: \(limit)' in mel")
    }
  }

  /// Reports bands that the training sound lacks.
  final func tell(_ bands: CarriedBands?, of machine: String) {
    guard let limit = bands?.limit else { return }
    host.log(
      .warning,
      "machine '\(machine)': its sound has nothing above \(limit), like resampled or encoded recordings: bands above "
        + "are not scored")
  }

  /// Values of bands that the sound lacks become those of the training sound, because an encoder or a converter removed
  /// them, not the machine. Depends on this token alone.
  private func fill<T: BinaryFloatingPoint>(
    _ scorer: Scorer, _ watch: BandWatch?, _ token: UnsafePointer<Float>, _ scaled: UnsafeMutablePointer<T>
  ) {
    guard let watch, let edge = watch.edge(token) else { return }
    for band in watch.bands.bands[edge...] {
      for column in band.columns { scorer.fill(column, scaled) }
    }
  }

  /// Judges a few tokens at a time.
  private func judge(
    _ channel: Int, _ scorer: BatchScorer, _ watch: BandWatch?, _ tokens: Range<Int>, _ cycle: Cycle
  ) {
    let threshold = thresholdsByChannel[channel]
    for token in tokens {
      let values = cycle.input.values(token, channel)
      let row = scorer.tokens + (token - tokens.lowerBound) * scorer.width
      scorer.scale(values, into: row)
      fill(scorer, watch, values, row)
    }
    scorer.score(tokens.count, into: scores)
    for token in tokens {
      let place = token - tokens.lowerBound
      let output = cycle.output.score(token, channel)
      write(scores[place], scorer.verdict(), threshold, output)
      guard output.pointee.score > output.pointee.threshold else { continue }
      scorer.parts(place: place, into: row.parts)
      output.pointee.band_count = UInt32(row.rank(into: &output.pointee.bands, most: Self.namedBands))
    }
  }

  /// Judges one token.
  private func judge(
    _ scorer: Scorer, _ watch: BandWatch?, _ threshold: Double, _ token: UnsafePointer<Float>,
    _ output: UnsafeMutablePointer<auscult_score>
  ) {
    scorer.scale(token, into: row.values)
    fill(scorer, watch, token, row.values)
    let score = scorer.score(row.values, scorer.width)
    write(score, scorer.verdict(), threshold, output)
    guard output.pointee.score > output.pointee.threshold else { return }
    scorer.parts(row.values, scorer.width, into: row.parts)
    output.pointee.band_count = UInt32(row.rank(into: &output.pointee.bands, most: Self.namedBands))
  }

  private func write(
    _ score: Double, _ verdict: Scorer.Verdict, _ threshold: Double, _ output: UnsafeMutablePointer<auscult_score>
  ) {
    output.pointee = auscult_score()
    output.pointee.score = score.isFinite ? min(max(score, -Self.greatest), Self.greatest) : Self.greatest
    output.pointee.threshold = threshold
    output.pointee.class_index = verdict.index
    output.pointee.probability = verdict.probability
  }

  // MARK: explain/1

  public final func explain(
    channel: Int, token: UnsafePointer<Float>, bands: UnsafeMutablePointer<Float>,
    moments: UnsafeMutablePointer<Float>
  ) throws {
    guard let format, channel < scorers.count else { throw NodeError("has no model") }
    let scorer = scorers[channel]
    scorer.scale(token, into: row.values)
    fill(scorer, bandWatches[channel], token, row.values)
    scorer.explain(row.values, into: row.parts)
    for line in 0..<format.rows {
      for column in 0..<format.columns {
        let part = Float(row.parts[line * format.columns + column])
        bands[column] += part
        moments[line] += part
      }
    }
  }
}
