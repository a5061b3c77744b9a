import DetectorHost
import GraphEngine
import GraphText
import JSONText
import NodeKit
import NumberText

extension TrainingRun {
  /// The collected tokens of the recordings.
  struct Collected {
    var input: DetectorInput
    /// Training tokens, by machine.
    var machines: [String: LearnedTokens] = [:]
    /// The parts that are held out in turn to set thresholds; nil: none.
    var folds: Folds?
    var tokens: [Part: Int] = [:]
    /// Seconds of training sound, each second once.
    var seconds = 0.0
    /// Seconds of the current recording up to which that is counted.
    fileprivate var counted = 0.0
    var silent = 0
    /// Tokens with NaN or infinite values.
    var notFinite = 0
    var clipped = 0
    /// Paths of recordings that don't fill a token.
    var tooShort: [String] = []
    /// How recordings were altered for additional copies.
    var altered: [JSONValue] = []

    /// Of the tokens, as the class gets them.
    fileprivate var bytes = 0
    var names: MachineNames
    fileprivate var labels: [String: Int32]
    /// Seconds of each recording that tokens cover.
    var lengths: [Int: Double] = [:]
  }

  /// Runs the graph up to the detector over all training recordings.
  func collect(_ set: RecordingSet) throws -> Collected {
    let recordings = set.recordings.filter { $0.part == .train && isLearned($0) }
    let store = TapStore(sharesRows: true)
    let tapped = graph.tapped(inPlaceOf: node.name, store)
    let rate = try AudioFileRate.of(recordings[0])
    let input = try Engine(graph: tapped).input(of: node.name, rate: rate)
    try checkRates(set, tapped, input, first: recordings[0])
    let names = MachineNames(graph: input.machines)
    try names.check(recordings)
    var collected = Collected(
      input: input, names: names,
      labels: Dictionary(uniqueKeysWithValues: set.labels.enumerated().map { ($1, Int32($0)) }))
    let share = options.augmentation == nil ? 0.6 : 0.3
    try TapRun(callbacks: callbacks, share: 0...share, what: "listening to").run(
      tapped, recordings
    ) { index, recording in
      let tokens = store.take()
      if tokens.isEmpty { collected.tooShort.append(recording.path) }
      collected.counted = 0
      collected.lengths[index] = tokens.map(\.endSecond).max() ?? 0
      try note(tokens, recording, index, nil, keptBytes: store.keptBytes, &collected)
    }
    if let augmentation = options.augmentation {
      try hearAgain(recordings, augmentation, tapped, store, &collected)
    }
    try check(collected, recordings)
    if heldOut != 0, !set.recordings.contains(where: { $0.part == .validation && isLearned($0) }) {
      collected.folds = try Folds(
        recordings, machines: names, lengths: recordings.indices.map { collected.lengths[$0] ?? 0 },
        extent: input.extent, heldOut: heldOut, isCostly: node.nodeClass.parameter("epochs") != nil, seed: options.seed)
    }
    return collected
  }

  /// Refuses recordings whose rate gives other tokens than the first one's: a model can't learn from or score both.
  private func checkRates(_ set: RecordingSet, _ tapped: Graph, _ input: DetectorInput, first: Recording) throws {
    var known: Set<Int> = [input.driverRate]
    for recording in set.recordings where isUsed(recording) {
      // The run over the training recordings reports every unreadable one in one error.
      guard let rate = recording.part == .train ? try? AudioFileRate.of(recording) : try AudioFileRate.of(recording)
      else { continue }
      guard known.insert(rate).inserted else { continue }
      let differences = try Engine(graph: tapped).input(of: node.name, rate: rate).differences(from: input)
      guard let difference = differences.first else { continue }
      throw TrainingError(
        "\(recording.place.map { "\($0): " } ?? "")\(recording.path): has \(rate) samples a second, \(first.path) has "
          + "\(input.driverRate), and its tokens differ (\(difference)). Give recordings of one rate, or put "
          + "a 'resample' node after the source")
    }
  }

  /// Runs each training recording again for each copy, altered at random by the seed.
  private func hearAgain(
    _ recordings: [Recording], _ augmentation: Augmentation, _ tapped: Graph, _ store: TapStore,
    _ collected: inout Collected
  ) throws {
    var generator = SeededGenerator(seed: options.seed)
    for (index, recording) in recordings.enumerated() {
      for _ in 0..<augmentation.copies {
        try callbacks.checkCancelled()
        let alteration = augmentation.draw(&generator)
        let copy = try AlteredCopy(of: recording.path, alteration)
        var altered = recording
        altered.path = copy.path
        let done = 0.3 + 0.3 * Double(index) / Double(recordings.count)
        callbacks.progress(done, "altering \(index + 1)/\(recordings.count) \(recording.path)")
        var quiet = callbacks
        quiet.progress = { _, _ in }
        // Releasing the copy removes its file.
        try withExtendedLifetime(copy) {
          _ = try TapRun(callbacks: quiet).run(tapped, [altered]) { _, _ in
            try note(store.take(), recording, index, alteration, keptBytes: store.keptBytes, &collected)
          }
        }
        collected.altered.append(alteration.json)
      }
    }
  }

  /// Adds the tokens of a recording, or of an altered copy.
  ///
  /// - Parameter keptBytes: of the views of all tokens so far.
  private func note(
    _ tokens: [TapToken], _ recording: Recording, _ index: Int, _ alteration: Alteration?, keptBytes: Int,
    _ collected: inout Collected
  ) throws {
    let (pace, blur) = (alteration?.pace ?? 1, alteration?.blur ?? 0)
    for token in tokens {
      guard let name = collected.names.name(recording, channel: token.channel) else { continue }
      // Position of its sound in the recording.
      let (begin, end) = (max(0, token.beginSecond * pace - blur), token.endSecond * pace + blur)
      let label = recording.label(begin: begin, end: end)
      guard let label, learnsLabels || label == Label.normal else { continue }
      let place = LearnedTokens.Place(recording: UInt32(index), begin: Float(begin), end: Float(end))
      try take(token, name, label, place, isCopy: alteration != nil, &collected)
    }
    if takesViews { try checkBytes(keptBytes) }
  }

  private func checkBytes(_ bytes: Int) throws {
    guard bytes > greatestTokens else { return }
    throw TrainingError(
      "the tokens take more than \(NumberText.bytes(greatestTokens)), and training needs more than that: give "
        + "fewer recordings, a longer 'hop', a 'statistics' node before '\(node.name)', or allow more with --memory")
  }

  private func take(
    _ token: TapToken, _ name: String, _ label: String, _ place: LearnedTokens.Place, isCopy: Bool,
    _ collected: inout Collected
  ) throws {
    guard let values = token.view, values.withValues({ $0.allSatisfy(\.isFinite) }) else {
      collected.notFinite += 1
      return
    }
    if token.isSilent {
      collected.silent += 1
      return
    }
    if !isCopy {
      collected.seconds += max(0, token.endSecond - max(token.beginSecond, collected.counted))
      collected.counted = max(collected.counted, token.endSecond)
    }
    if token.isClipped { collected.clipped += 1 }
    if !takesViews {
      collected.bytes += collected.input.rows * collected.input.columns * MemoryLayout<Float>.stride
      try checkBytes(collected.bytes)
    }
    collected.machines[name, default: LearnedTokens()].add(
      values, label: learnsLabels ? collected.labels[label]! : nil, place, isCopy: isCopy)
    collected.tokens[.train, default: 0] += 1
  }

  private func check(_ collected: Collected, _ recordings: [Recording]) throws {
    let total = collected.tokens[.train] ?? 0
    let expected = Set(recordings.flatMap { recording in recording.machine.map { [$0] } ?? collected.names.graph })
    guard !collected.machines.isEmpty else {
      throw TrainingError(
        collected.silent > 0
          ? "all \(collected.silent) tokens are silent: there is nothing to learn; check the recordings' level"
          : collected.notFinite > 0
            ? "the recordings hold NaN or infinite values: check the program that wrote them"
            : "the recordings are too short: none of them fills a token of \(NumberText.rounded(collected.input.extent, 3)) s"
      )
    }
    for name in expected.sorted() where collected.machines[name] == nil {
      throw TrainingError("machine '\(name)' has no token to learn from: its recordings are silent, or too short")
    }
    if !collected.tooShort.isEmpty {
      let count = collected.tooShort.count
      callbacks.warn(
        "\(count) of \(recordings.count) recordings \(count == 1 ? "is" : "are") too short for a token of "
          + "\(NumberText.rounded(collected.input.extent, 3)) s, and not learned from: \(listed(collected.tooShort))")
    }
    if collected.notFinite > 0 {
      callbacks.warn(
        "\(collected.notFinite) tokens hold NaN or infinite values, and were not used for training: check "
          + "the program that wrote the recordings")
    }
    if collected.silent > 0 { callbacks.warn("\(collected.silent) silent tokens were not learned from") }
    if collected.clipped * 20 > total {
      callbacks.warn("\(collected.clipped) of \(total) tokens are clipped: record with less gain")
    }
  }
}
