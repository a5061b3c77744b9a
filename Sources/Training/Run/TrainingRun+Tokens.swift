import GraphEngine
import GraphText

extension TrainingRun {
  /// What was heard of the recordings.
  struct Collected {
    var input: DetectorInput
    /// To learn from, by machine.
    var machines: [String: TrainingExamples] = [:]
    /// Machines without recordings of their own to hold out: stretches of their recordings are.
    var blocks: Set<String> = []
    var tokens: [Part: Int] = [:]
    var seconds = 0.0
    var silent = 0
    var clipped = 0
  }

  /// Runs the graph up to the detector over all that is to be learned from.
  func collect(_ set: RecordingSet) throws -> Collected {
    let recordings = set.recordings.filter { $0.part == .train && isLearned($0) }
    let store = TapStore()
    let tapped = graph.tapped(inPlaceOf: node.name, store)
    let rate = try AudioFileRate.of(recordings[0])
    let input = try Engine(graph: tapped).input(of: node.name, rate: rate)
    let names = MachineNames(graph: input.machines)
    try names.check(recordings)
    var collected = Collected(input: input)
    let labels = Dictionary(uniqueKeysWithValues: set.labels.enumerated().map { ($1, Int32($0)) })
    let heldOut = Set(
      set.recordings.filter { $0.part == .validation && isLearned($0) }.flatMap { recording in
        recording.machine.map { [$0] } ?? input.machines
      })
    var bytes = 0
    let figures = try TapRun(conversation: conversation, share: 0...0.6, what: "listening to").run(tapped, recordings) {
      index, recording in
      let tokens = store.take()
      let length = tokens.map(\.endSecond).max() ?? 0
      let blocks = TimeBlocks(heldOut: options.heldOut, length: length, extent: input.extent)
      for token in tokens {
        guard let name = names.name(recording, channel: token.channel) else { continue }
        let label = recording.label(begin: token.beginSecond, end: token.endSecond)
        guard let label, learnsLabels || label == Label.normal else { continue }
        let isWhole = heldOut.contains(name) || learnsLabels || options.heldOut == 0
        if !isWhole {
          collected.blocks.insert(name)
          guard let part = blocks.part(begin: token.beginSecond, end: token.endSecond) else { continue }
          if part == .validation {
            collected.tokens[.validation, default: 0] += 1
            continue
          }
        }
        guard token.values.allSatisfy(\.isFinite) else { continue }
        if token.isSilent {
          collected.silent += 1
          continue
        }
        if token.isClipped { collected.clipped += 1 }
        bytes += token.values.count * MemoryLayout<Float>.stride
        guard bytes <= Self.greatestTokens else {
          throw TrainingError(
            "the tokens take more than \(Self.greatestTokens >> 20) MiB: give fewer recordings, a longer 'hop', or a "
              + "'statistics' node before '\(node.name)'")
        }
        collected.machines[name, default: TrainingExamples()].values += token.values
        collected.machines[name]!.recordings.append(UInt32(index))
        if learnsLabels { collected.machines[name]!.labels.append(labels[label]!) }
        collected.tokens[.train, default: 0] += 1
      }
    }
    collected.seconds = figures.seconds
    try check(collected, names, recordings)
    return collected
  }

  private func check(_ collected: Collected, _ names: MachineNames, _ recordings: [Recording]) throws {
    let total = collected.tokens[.train] ?? 0
    let expected = Set(recordings.flatMap { recording in recording.machine.map { [$0] } ?? names.graph })
    guard !collected.machines.isEmpty else {
      throw TrainingError(
        collected.silent > 0
          ? "all \(collected.silent) tokens are silent: there is nothing to learn; check the recordings' level"
          : "the recordings are too short: none of them fills a token of \(decimal(collected.input.extent, 3)) s")
    }
    for name in expected.sorted() where collected.machines[name] == nil {
      throw TrainingError("machine '\(name)' has no token to learn from: its recordings are silent, or too short")
    }
    if collected.silent > 0 { conversation.warn("\(collected.silent) silent tokens were not learned from") }
    if collected.clipped * 20 > total {
      conversation.warn("\(collected.clipped) of \(total) tokens are clipped: record with less gain")
    }
  }
}
