import CNodeABI
import NodeKit
import NumberText

/// The common part of `detector.bands` and `detector.level`: each channel, as a machine of its own, first learns what
/// is normal, then is scored.
///
/// Learning counts `learn` of stream time in tokens that are neither silent nor clipped; a gap neither ends nor
/// restarts it. Without `learn` it takes at least a minute, and continues until the learned values settle, at most ten
/// minutes or `learn_limit`. No score is yielded until all channels have learned or twice that time has passed. A
/// channel that could not learn until then (nothing is connected) gets score 0 and threshold 0, which is not anomalous.
class RobustDetector: OffloadNode {
  static let sharedParameters: [ParameterDeclaration] = [
    .number(
      "learn",
      "Learning time; default: at least 60 s, until the learned values settle, at most 10 min",
      unit: .second, range: 0.01...1e6),
    .number(
      "learn_limit",
      "Longest learning time: after `learn`, learning continues until its values settle; default: `learn`, if given",
      unit: .second, range: 0.01...1e6),
    Thresholds.parameter,
    .number(
      "sigma", "The learned threshold is the median of the n learning scores + sigma * (1 + 8 / n) * 1.4826 MAD",
      default: "10", range: 0...1e6),
    .number(
      "floor",
      "Least scatter that is assumed for a value, in units of the input; auto: half of the typical scatter",
      also: .decibel, default: "auto", range: 0...1e9, words: ["auto"]),
  ]

  /// Least and longest learning time, seconds.
  private let learn: Double
  private let learnLimit: Double
  private let sigma: Double
  /// Defaults of the above.
  private static let usualLearn = 60.0
  private static let usualLimit = 600.0

  private let leastScale: Float?
  private let thresholds: Thresholds

  private var input: StreamFormat?
  private var fixed: [Double?] = []
  private var learners: [Learner] = []
  private var models: [RobustModel?] = []
  private var row: [Float] = []
  private var tokensSeen = 0
  private var remarks: Remarks?

  required init(_ arguments: Arguments) throws {
    let (learn, limit) = (arguments["learn"]?.number, arguments["learn_limit"]?.number)
    self.learn = learn ?? min(Self.usualLearn, limit ?? Self.usualLearn)
    learnLimit = limit ?? learn ?? Self.usualLimit
    guard learnLimit >= self.learn else {
      throw NodeError("learn_limit is shorter than learn", parameter: "learn_limit")
    }
    sigma = arguments.number("sigma")
    leastScale = arguments["floor"]?.number.map { Float($0) }
    thresholds = Thresholds(arguments["threshold"])
    try super.init(arguments)
  }

  //  MARK: What subclasses define

  /// The number of values of a token that are scored.
  func width(_ format: StreamFormat) -> Int { format.columns }
  /// Computes them from a token: features [columns], slice [rows x columns].
  func reduce(_ values: UnsafePointer<Float>, _ format: StreamFormat, to row: inout [Float]) {}
  /// How many of the largest deviations make the score.
  var top: Int { 1 }
  /// Whether values are the input's columns, so that a score can name them.
  var namesBands: Bool { false }

  // MARK: Control

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let input = setup.input
    self.input = input
    fixed = try thresholds.fixed(for: input.machines)
    answer.output.format.kind = .score
    answer.output.format.rows = 1
    answer.output.format.columns = 1
    answer.output.format.scale = .other
    answer.output.format.frequencies = namesBands ? input.frequencies : []
    answer.output.format.machines = []
    answer.output.format.stampedByNode = true
    // Nodes before this one may hold tokens back and deliver them in one call.
    answer.output.burst = 64
    answer.history = Int64((learn * Double(input.driverRate)).rounded(.up)) + input.frames(ticks: input.extent)
    answer.reach = nil
    // Bytes: the rows of the learning time, each an array; these again by bands and sorted while a channel's model is
    // made; the model.
    let rows = Learner.rows(of: tokens(learnLimit, input))
    let row = width(input) * MemoryLayout<Float>.stride + 64
    answer.memory = (input.channels + 2) * rows * row + input.channels * 3 * row
  }

  private func tokens(_ seconds: Double, _ format: StreamFormat) -> Int { Int((seconds * format.rate).rounded(.up)) }

  override func activate() throws {
    guard let input else { return }
    learners = Array(repeating: newLearner(input), count: input.channels)
    models = Array(repeating: nil, count: input.channels)
    row = Array(repeating: 0, count: width(input))
    tokensSeen = 0
    remarks = Remarks(host)
  }

  private func newLearner(_ format: StreamFormat) -> Learner {
    Learner(least: tokens(learn, format), most: tokens(learnLimit, format))
  }

  override func deactivate() {
    learners = []
    models = []
  }

  // MARK: Worker

  override func work(_ cycle: Cycle) throws {
    guard let format = input else { return }
    for token in 0..<cycle.input.count {
      let isJudging = isReady
      for channel in 0..<format.channels {
        reduce(cycle.input.values(token, channel), format, to: &row)
        if isJudging {
          judge(channel, to: cycle.output.score(cycle.output.count, channel))
        }
        if models[channel] == nil { study(channel, marks: cycle.input.marks(token, channel), format) }
      }
      if isJudging {
        cycle.output.head(cycle.output.count).pointee = cycle.input.head(token).pointee
        cycle.output.count += 1
      } else {
        cycle.output.noteLearned(from: cycle.input, token)
      }
      tokensSeen += 1
    }
    if cycle.input.isEnd && !isReady { tellOfTheEnd(format) }
  }

  /// The sound ended before it was learned. Without any sound, other parts report that.
  private func tellOfTheEnd(_ format: StreamFormat) {
    let heard = Double(learners.map(\.taken).min() ?? 0) / format.rate
    guard heard > 0 else { return }
    let seconds = { (value: Double) in "\(NumberText.rounded(value, 1)) s" }
    let reason = heard < learn ? "of at least \(seconds(learn))" : "without settling"
    host.log(
      .warning,
      "the sound ended during learning, after \(seconds(heard)) \(reason): there are no scores. Give it "
        + "more, or a shorter 'learn'")
  }

  /// All channels have learned, or at least one has and the others had twice the time.
  private var isReady: Bool {
    if models.allSatisfy({ $0 != nil }) { return true }
    guard models.contains(where: { $0 != nil }) else { return false }
    return models.indices.allSatisfy { channel in
      // A channel that has heard enough but has not settled is waited for until its limit.
      let learner = learners[channel]
      return models[channel] != nil
        || tokensSeen >= 2 * (learner.taken < learner.least ? learner.least : learner.most)
    }
  }

  private func study(_ channel: Int, marks: Marks, _ format: StreamFormat) {
    if tokensSeen == 2 * learners[channel].least && learners[channel].taken < learners[channel].least {
      host.log(.warning, "\(format.machines[channel]) is silent or clipped: still learning")
    }
    guard marks.isUsable else { return }
    guard row.withUnsafeBufferPointer({ learners[channel].take($0) }) else { return }
    let learner = learners[channel]
    let fit = { (count: Int) in
      RobustModel(
        rows: Array(learner.rows.prefix(count)), top: self.top, floor: self.leastScale,
        resolution: self.resolution(format.scale), sigma: self.sigma)
    }
    let model = fit(learner.rows.count)
    let settling = Settling(model, rows: learner.rows.count, fit: fit)
    let time = "\(learner.taken) tokens"
    guard settling.isSettled || learner.isFull else {
      remarks?.say("learned", channel, "still learning after \(time), \(settling.words)")
      return
    }
    models[channel] = model
    let threshold = fixed[channel] ?? model.threshold
    let text = "learned from \(time), threshold \(threshold); \(settling.words)"
    learners[channel] = newLearner(format)
    remarks?.say("learned", channel, text)
    host.log(isUnsettled(settling) ? .warning : .info, "\(format.machines[channel]) \(text)")
  }

  /// It had the time to settle, and did not.
  private func isUnsettled(_ settling: Settling) -> Bool { learnLimit > learn && !settling.isSettled }

  /// Half a decibel, in the scale of the values; linear values become dB first.
  private func resolution(_ scale: StreamFormat.Scale) -> Float {
    switch scale {
    case .linear, .decibel: 0.5
    case .unit: 0.5 / 80
    case .other: 1e-3
    }
  }

  private func judge(_ channel: Int, to output: UnsafeMutablePointer<auscult_score>) {
    output.pointee = auscult_score()
    output.pointee.class_index = -1
    guard let model = models[channel] else { return }
    var ranking = RobustModel.Ranking()
    output.pointee.score = row.withUnsafeBufferPointer { model.score($0.baseAddress!, &ranking) }
    output.pointee.threshold = fixed[channel] ?? model.threshold
    guard namesBands else { return }
    output.pointee.band_count = UInt32(ranking.count)
    withUnsafeMutableBytes(of: &output.pointee.bands) { bytes in
      let bands = bytes.bindMemory(to: UInt32.self)
      for place in 0..<ranking.count { bands[place] = ranking.indices[place] }
    }
  }
}
