import CConformance
import CNodeABI
import NodeABI
import NodeHost
import NodeRigs

/// Feeds a stimulus to an active node as an engine does, and keeps what it yields.
final class Feeder {
  let rig: NodeRig
  let arrangement: Arrangement
  let stimulus: Stimulus
  /// What each output yielded.
  private(set) var outputs: [Yield]
  /// Frames fed since the stream, or the stretch after a gap, began.
  private(set) var position = 0
  /// Driver frame position of that begin.
  private(set) var base: Int64 = 0
  /// Blocks lie beside guard pages, with their ends or their begins.
  var guards: Guards?
  /// Called after each call, with the outputs' blocks and whether the stream has ended.
  var look: (([RigBlock], Bool) -> Void)?
  private var done: [Int]
  private var hasGap = false
  private let memory = RigMemory()
  private let producer: UnsafePointer<auscult_producer>
  private var nodeClass: NodeClass { rig.nodeClass }

  init(_ rig: NodeRig, _ arrangement: Arrangement, _ stimulus: Stimulus) {
    self.rig = rig
    self.arrangement = arrangement
    self.stimulus = stimulus
    done = Array(repeating: 0, count: arrangement.inputs.count)
    outputs = rig.outputs.map { Yield($0) }
    producer = UnsafePointer(
      memory.array([
        auscult_producer(
          size: UInt32(MemoryLayout<auscult_producer>.size), node: memory.text("upstream"),
          class_name: memory.text("test.upstream"), library: memory.text("0"), model: nil, class_names: nil,
          class_name_count: 0)
      ]))
  }

  /// Words of 32 bits in one channel of a token (audio: a sample).
  static func words(_ format: auscult_format) -> Int {
    switch format.kind {
    case AUSCULT_SCORE: MemoryLayout<auscult_score>.stride / 4
    case AUSCULT_EVENT: MemoryLayout<auscult_event>.stride / 4
    default: Int(format.rows) * Int(format.columns) * (format.kind == AUSCULT_SPECTRUM ? 2 : 1)
    }
  }

  /// Whether the blocks of one call are small enough for a trial.
  static func fits(_ rig: NodeRig) -> Bool {
    zip(rig.outputs, rig.bursts).allSatisfy { format, burst in
      guard format.period > 0, format.denominator > 0, burst < 1 << 22 else { return false }
      let tokens = Double(8192) * Double(format.denominator) / Double(format.period) + Double(burst)
      return tokens * Double(words(format)) * Double(format.channels) * 4 < Double(16 << 20)
    }
  }

  // MARK: Feeding

  /// Feeds the whole stimulus, or what is left of it.
  func feed(_ cut: Cut, isEnd: Bool = true) throws {
    let lengths = cut.lengths(stimulus.frames - position, quantum: arrangement.quantum)
    for (index, length) in lengths.enumerated() { try feed(length, isEnd: isEnd && index == lengths.count - 1) }
  }

  /// Feeds the next frames in one call.
  func feed(_ frames: Int, isEnd: Bool = false) throws {
    let call = prepare(frames, isEnd: isEnd)
    try rig.process(call)
    for (index, block) in call.outputs.enumerated() { outputs[index].add(block) }
    look?(call.outputs, isEnd)
    hasGap = false
  }

  /// The next call, without making it.
  func prepare(_ frames: Int, isEnd: Bool = false) -> RigCall {
    guards?.release()
    let begin = position
    position += frames
    let inputs = stimulus.formats.indices.map { input($0, isEnd: isEnd) }
    let blocks = rig.outputs.indices.map { output($0, inputs, frames: frames) }
    let external = (0..<Int(rig.answer.external_inputs)).map { channel in
      Array(stimulus.external[channel % stimulus.external.count][begin..<position])
    }
    let played = (0..<Int(rig.answer.external_outputs)).map { _ in
      memory.array([Float](repeating: .nan, count: frames))
    }
    let clock = auscult_clock(
      position: base + Int64(begin), frames: UInt32(frames), flags: isEnd ? AUSCULT_CLOCK_END : 0)
    return RigCall(inputs, outputs: blocks, clock: clock, externalInputs: external, externalOutputs: played)
  }

  /// Loses some frames: the stimulus begins again after them.
  func lose(_ frames: Int) {
    base += Int64(position + frames)
    position = 0
    done = done.map { _ in 0 }
    hasGap = true
    if arrangement.isJoined { rig.reset() }
    for index in outputs.indices { outputs[index].restart(at: base) }
  }

  /// Goes on where another feeder is, with another instance.
  func goOn(from other: Feeder) {
    (position, base, done) = (other.position, other.base, other.done)
  }

  // MARK: Blocks

  private func input(_ index: Int, isEnd: Bool) -> RigBlock {
    let format = stimulus.formats[index]
    let end = Stimulus.count(format, frames: position)
    let (first, count) = (done[index], end - done[index])
    done[index] = end
    let block = RigBlock(
      format, capacity: count, hasMarks: format.kind != AUSCULT_EVENT, lender: guards?.lender(.input(index)))
    block.count = count
    let pointer = block.pointer
    pointer.pointee.flags = (isEnd ? AUSCULT_BLOCK_END : 0) | (hasGap ? AUSCULT_BLOCK_GAP : 0)
    pointer.pointee.complete = isEnd ? .max : base + Int64(position)
    pointer.pointee.end = isEnd ? base + Int64(position) : .max
    pointer.pointee.producer = producer
    if hasGap {
      pointer.pointee.gap = auscult_gap(
        begin: max(0, base - 1), end: base, cause: AUSCULT_GAP_XRUN, count: 0, node: producer.pointee.node)
    }
    fill(block, stimulus.words[index], first: first, count: count, width: stimulus.widths[index])
    let heads = format.kind == AUSCULT_AUDIO ? min(count, 1) : count
    for token in 0..<heads {
      pointer.pointee.heads[token] = auscult_head(
        origin: base * format.denominator, index: Int64(first + token), segment: base,
        flags: hasGap && token == 0 ? AUSCULT_TOKEN_GAP : 0, generation: 1)
    }
    return block
  }

  private func fill(_ block: RigBlock, _ channels: [[UInt32]], first: Int, count: Int, width: Int) {
    let format = block.format.pointee
    let mark = UInt8(AUSCULT_MARK_SOUNDING | AUSCULT_MARK_CONNECTED | AUSCULT_MARK_MOVING)
    for (channel, words) in channels.enumerated() {
      words.withUnsafeBufferPointer { words in
        if format.kind == AUSCULT_AUDIO {
          guard count > 0 else { return }
          block.payload(0, channel, as: UInt32.self).update(from: words.baseAddress! + first, count: count)
        } else {
          for token in 0..<count {
            block.payload(token, channel, as: UInt32.self).update(
              from: words.baseAddress! + (first + token) * width, count: width)
          }
        }
      }
      if format.kind != AUSCULT_EVENT { for token in 0..<count { block.setMark(token, channel, mark) } }
    }
  }

  private func output(_ index: Int, _ inputs: [RigBlock], frames: Int) -> RigBlock {
    let format = rig.outputs[index]
    let block = RigBlock(
      format, capacity: capacity(index, inputs, frames: frames), hasMarks: format.kind != AUSCULT_EVENT,
      lender: guards?.lender(.output(index)))
    let pointer = block.pointer
    pointer.pointee.flags = inputs.reduce(0) { $0 | $1.pointer.pointee.flags & AUSCULT_BLOCK_GAP }
    pointer.pointee.producer = producer
    pointer.pointee.end = .max
    return block
  }

  /// The most tokens that the node declares for a call.
  private func capacity(_ index: Int, _ inputs: [RigBlock], frames: Int) -> Int {
    let format = rig.outputs[index]
    let most = inputs.map { format.mostTokens(from: $0.count, of: $0.format.pointee) }
    let own = format.mostTokens(frames: Double(frames))
    let tokens = inputs.isEmpty ? own : arrangement.isJoined ? most.max() ?? 0 : most.reduce(0, +)
    return tokens + rig.bursts[index]
  }
}
