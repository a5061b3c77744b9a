import CNodeABI
import NodeABI
import RealtimeCore
import Synchronization

/// A summary of an output of scores or events, for the state of the machines: each channel's last token, and the latest
/// events. The thread that runs the node writes it, the control thread reads it.
struct OutputWatch: @unchecked Sendable {
  let isScore: Bool
  let channels: UnsafeMutablePointer<ChannelWatch>
  let channelCount: Int
  let events: UnsafeMutablePointer<EventRing>?

  /// Thread: control. Nil for other outputs.
  init?(_ record: FormatRecord) {
    let format = record.format
    guard format.kind == AUSCULT_SCORE || format.kind == AUSCULT_EVENT else { return nil }
    isScore = format.kind == AUSCULT_SCORE
    channelCount = Int(format.channels)
    channels = .allocate(capacity: channelCount)
    for channel in 0..<channelCount { (channels + channel).initialize(to: ChannelWatch()) }
    if isScore {
      events = nil
    } else {
      events = .allocate(capacity: 1)
      events?.initialize(to: EventRing())
    }
  }

  func free() {
    channels.deinitialize(count: channelCount)
    channels.deallocate()
    events?.deinitialize(count: 1)
    events?.deallocate()
  }

  /// Thread: the one that runs the node.
  @inline(__always) @_noLocks @_noAllocation
  func note(_ block: UnsafeMutablePointer<auscult_block>) {
    let count = Int(block.pointee.count)
    if count == 0 && block.pointee.flags & AUSCULT_BLOCK_LEARNING == 0 { return }
    if isScore { noteScores(block, count) } else { noteEvents(block, count) }
  }

  /// A block's last token represents the whole block.
  @_noLocks @_noAllocation
  private func noteScores(_ block: UnsafeMutablePointer<auscult_block>, _ count: Int) {
    if block.pointee.flags & AUSCULT_BLOCK_LEARNING != 0 {
      for channel in 0..<channelCount { channels[channel].learned.store(block.pointee.learned, ordering: .relaxed) }
    }
    if count == 0 { return }
    let end = block.pointee.end(of: count - 1)
    for channel in 0..<channelCount {
      let place =
        block.pointee.data + (count - 1) * Int(block.pointee.token_stride)
        + channel * Int(block.pointee.channel_stride)
      let score = place.assumingMemoryBound(to: auscult_score.self).pointee
      channels[channel].score.store(score.score.bitPattern, ordering: .relaxed)
      let mark =
        block.pointee.marks[
          (count - 1) * Int(block.pointee.mark_token_stride) + channel * Int(block.pointee.mark_channel_stride)]
      channels[channel].isSilent.store(
        mark & Marks.silence == Marks.silence && mark & UInt8(AUSCULT_MARK_SOUNDING) == 0, ordering: .relaxed)
      channels[channel].threshold.store(score.threshold.bitPattern, ordering: .relaxed)
      channels[channel].end.store(end, ordering: .releasing)
    }
  }

  @_noLocks @_noAllocation
  private func noteEvents(_ block: UnsafeMutablePointer<auscult_block>, _ count: Int) {
    for token in 0..<count {
      let place = block.pointee.data + token * Int(block.pointee.token_stride)
      let event = place.assumingMemoryBound(to: auscult_event.self).pointee
      if Int(event.channel) < channelCount { channels[Int(event.channel)].note(event) }
      events?.pointee.push(event)
    }
  }
}

/// One channel of a watched output.
struct ChannelWatch: ~Copyable {
  /// Frame position where the last score ends; min: there was none.
  let end = Atomic<Int64>(.min)
  /// Bits of a double.
  let score = Atomic<UInt64>(0)
  let threshold = Atomic<UInt64>(0)
  /// The last score's token was silent.
  let isSilent = Atomic<Bool>(false)
  /// Frame position through which a learning node has come; min: the node does not learn.
  let learned = Atomic<Int64>(.min)
  /// Frame position where the raised alarm begins; max: none is raised.
  let raised = Atomic<Int64>(.max)
  /// Frame position where the timers began to stand still; max: they run.
  let inhibited = Atomic<Int64>(.max)
  /// Frame position where deafness began; max: it hears.
  let deaf = Atomic<Int64>(.max)
  /// AUSCULT_DEAF_*.
  let cause = Atomic<UInt32>(0)

  @_noLocks @_noAllocation
  func note(_ event: auscult_event) {
    switch event.state {
    case AUSCULT_EVENT_RAISED, AUSCULT_EVENT_REPEATED, AUSCULT_EVENT_OPEN: raised.store(event.begin, ordering: .relaxed)
    case AUSCULT_EVENT_CLEARED: raised.store(.max, ordering: .relaxed)
    case AUSCULT_EVENT_INHIBITED: inhibited.store(event.begin, ordering: .relaxed)
    case AUSCULT_EVENT_RESUMED: inhibited.store(.max, ordering: .relaxed)
    case AUSCULT_EVENT_DEAF:
      cause.store(event.cause, ordering: .relaxed)
      deaf.store(event.begin, ordering: .releasing)
    case AUSCULT_EVENT_HEARING: deaf.store(.max, ordering: .relaxed)
    default: break
    }
  }
}

/// The latest events of an output. One thread adds them, the control thread removes them. Events that do not fit are
/// counted; sinks still get them.
struct EventRing: ~Copyable {
  private let events: UnsafeMutablePointer<auscult_event>
  private let written = Atomic<Int>(0)
  private let read = Atomic<Int>(0)
  private let lost = Atomic<Int>(0)

  private static var capacity: Int {
    @_noLocks @_noAllocation get { 256 }
  }

  /// Thread: control.
  init() {
    events = .allocate(capacity: EventRing.capacity)
    events.initialize(repeating: auscult_event(), count: EventRing.capacity)
  }

  deinit { events.deallocate() }

  @_noLocks @_noAllocation
  func push(_ event: auscult_event) {
    let place = written.load(ordering: .relaxed)
    if place - read.load(ordering: .acquiring) >= EventRing.capacity {
      lost.add(1, ordering: .relaxed)
      return
    }
    events[place % EventRing.capacity] = event
    written.store(place + 1, ordering: .releasing)
  }

  /// Thread: control.
  func pop() -> auscult_event? {
    let place = read.load(ordering: .relaxed)
    if place == written.load(ordering: .acquiring) { return nil }
    let event = events[place % EventRing.capacity]
    read.store(place + 1, ordering: .releasing)
    return event
  }

  /// Events that did not fit since the last call. Thread: control.
  func takeLost() -> Int { lost.exchange(0, ordering: .relaxed) }
}
