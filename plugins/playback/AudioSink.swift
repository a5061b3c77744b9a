import CRealtime
import NodeKit
import NumberText

/// Hands samples to the driver: JACK output ports, or the channels of a file.
///
/// At frame position p it plays the sample with nominal position p - delay, where `delay` is the input's lookahead: the
/// same for every sample at any cycle size. An input without lookahead passes through in its own cycle. Where there is
/// no such sample (before the first one, in a gap, after a node restarted) it plays silence.
final class AudioSink: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "sink.audio", version: "1.0.0", summary: "Plays samples on JACK output ports.", realtime: .hard, traits: .sink,
      inputs: [PortDeclaration("in", .audio, "Samples at the driver's rate", flags: .independent)],
      parameters: [
        .text("connect", "Ports to connect to: a name or pattern, or one for each channel", flags: [.list, .placement])
      ])
  }

  private let connect: [String]
  private var channels = 0
  private var delay: Int64 = 0

  private let memory = NodeMemory()
  /// Samples by nominal position: position q is at [channel * capacity + (q & (capacity - 1))]. Played or unwritten
  /// samples are 0.
  private var ring: UnsafeMutablePointer<Float>?
  private var capacity = 0
  /// Nominal position of the next sample to play; it and the next `capacity` - 1 have room. Min: not begun.
  private var next = Int64.min

  required init(_ arguments: Arguments) throws {
    connect = arguments.texts("connect")
    try super.init(arguments)
  }

  override func configure(_ setup: Setup, _ answer: inout Answer) throws {
    let format = setup.input
    guard format.period == format.denominator else {
      throw NodeError(
        "gets \(NumberText.hertz(format.rate)) audio, but the driver runs at \(format.driverRate) Hz: "
          + "put a 'resample' with rate: \(format.driverRate) Hz before it")
    }
    channels = format.channels
    delay = format.lookahead
    capacity = Self.powerOfTwo(atLeast: Int(delay) + 2 * setup.quantum + 64)
    answer.externalOutputs = channels
    answer.connect = connect
    answer.latency = 0
    answer.reach = delay
    answer.memory = channels * capacity * MemoryLayout<Float>.stride
  }

  private static func powerOfTwo(atLeast count: Int) -> Int {
    var size = 64
    while size < count { size *= 2 }
    return size
  }

  override func activate() throws {
    memory.free()
    ring = memory.array(repeating: 0, count: channels * capacity)
    next = Int64.min
  }

  override func deactivate() {
    ring = nil
    memory.free()
  }

  //  `reset` has nothing to forget: samples before a gap keep their place in time.

  @_noLocks @_noAllocation
  override func process(_ cycle: Cycle) {
    move(to: cycle.position - delay)
    store(cycle.input)
    play(cycle)
  }

  /// Moves to a nominal position; samples before it that were not played are lost.
  @_noLocks @_noAllocation
  private func move(to position: Int64) {
    if next == Int64.min { next = position }
    let skipped = position &- next
    guard skipped > 0 else { return }
    for channel in 0..<channels {
      clear(channel, from: next, count: skipped < Int64(capacity) ? Int(skipped) : capacity)
    }
    next = position
  }

  /// Copies an input's samples to their places, as far as there is room.
  @_noLocks @_noAllocation
  private func store(_ input: InputBlock) {
    guard input.count > 0, let ring else { return }
    let time = input.time
    let first = time.frame(beginTicks: time.beginTicks(input.head(0)))
    let begin = max(first, next)
    let end = min(first + Int64(input.count), next + Int64(capacity))
    guard begin < end else { return }
    for channel in 0..<channels {
      let from = input.samples(channel) + Int(begin - first)
      let row = ring + channel * capacity
      let at = slot(begin)
      let count = Int(end - begin)
      let straight = min(count, capacity - at)
      realtime_copy(row + at, from, straight * MemoryLayout<Float>.stride)
      realtime_copy(row, from + straight, (count - straight) * MemoryLayout<Float>.stride)
    }
  }

  /// Hands this cycle's samples to the driver.
  @_noLocks @_noAllocation
  private func play(_ cycle: Cycle) {
    guard let ring else { return }
    let frames = cycle.frames
    for channel in 0..<channels {
      let to = cycle.externalOutput(channel)
      let row = ring + channel * capacity
      var done = 0
      while done < frames {
        let at = slot(next + Int64(done))
        let count = min(frames - done, capacity - at)
        realtime_copy(to + done, row + at, count * MemoryLayout<Float>.stride)
        realtime_zero(row + at, count * MemoryLayout<Float>.stride)
        done += count
      }
    }
    next += Int64(frames)
  }

  @_noLocks @_noAllocation
  private func clear(_ channel: Int, from position: Int64, count: Int) {
    guard let ring else { return }
    let row = ring + channel * capacity
    let at = slot(position)
    let straight = min(count, capacity - at)
    realtime_zero(row + at, straight * MemoryLayout<Float>.stride)
    realtime_zero(row, (count - straight) * MemoryLayout<Float>.stride)
  }

  @inline(__always) @_noLocks @_noAllocation
  private func slot(_ position: Int64) -> Int { Int(truncatingIfNeeded: position) & (capacity - 1) }
}
