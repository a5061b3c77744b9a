import CRealtime
import Foundation
import RealtimeCore
import TestSupport
import Testing

@Suite struct BlockRingTests {
  /// A block of features whose values, heads and marks all depend on one number.
  final class Sample {
    let format = UnsafeMutablePointer<auscult_format>.allocate(capacity: 1)
    let block = UnsafeMutablePointer<auscult_block>.allocate(capacity: 1)
    let channels: Int
    let most: Int
    let isAudio: Bool

    init(kind: UInt32, channels: Int, columns: Int, most: Int) {
      self.channels = channels
      self.most = most
      isAudio = kind == AUSCULT_AUDIO
      var format = auscult_format()
      format.kind = kind
      format.channels = UInt32(channels)
      format.columns = UInt32(columns)
      self.format.initialize(to: format)
      let channelBytes = BlockRing.aligned(isAudio ? most * 4 : columns * 4)
      var block = auscult_block()
      block.format = UnsafePointer(self.format)
      block.channel_stride = UInt32(channelBytes)
      block.token_stride = UInt32(isAudio ? 4 : channelBytes * channels)
      block.data = .allocate(byteCount: channelBytes * channels * (isAudio ? 1 : most), alignment: 64)
      block.heads = .allocate(capacity: max(1, most))
      block.marks = .allocate(capacity: most * channels)
      block.mark_token_stride = UInt32(isAudio ? 1 : channels)
      block.mark_channel_stride = UInt32(isAudio ? most : 1)
      self.block.initialize(to: block)
    }

    func fill(_ number: Int, count: Int) {
      block.pointee.count = UInt32(count)
      block.pointee.complete = Int64(number)
      for token in 0..<count {
        if !isAudio || token == 0 { block.pointee.heads[token] = head(number + token) }
        for channel in 0..<channels {
          value(block, token, channel).pointee = Float(number + token * 3 + channel)
          mark(block, token, channel).pointee = UInt8(truncatingIfNeeded: number + token + channel)
        }
      }
    }

    func matches(_ other: UnsafeMutablePointer<auscult_block>, _ number: Int) -> Bool {
      guard other.pointee.complete == Int64(number) else { return false }
      for token in 0..<Int(other.pointee.count) {
        if (!isAudio || token == 0) && other.pointee.heads[token].index != Int64(number + token) { return false }
        for channel in 0..<channels {
          if value(other, token, channel).pointee != Float(number + token * 3 + channel) { return false }
          if mark(other, token, channel).pointee != UInt8(truncatingIfNeeded: number + token + channel) { return false }
        }
      }
      return true
    }

    private func head(_ number: Int) -> auscult_head {
      auscult_head(origin: 0, index: Int64(number), segment: 0, flags: 0, generation: 1)
    }

    private func value(_ block: UnsafeMutablePointer<auscult_block>, _ token: Int, _ channel: Int)
      -> UnsafeMutablePointer<Float>
    {
      (block.pointee.data + token * Int(block.pointee.token_stride) + channel * Int(block.pointee.channel_stride))
        .assumingMemoryBound(to: Float.self)
    }

    private func mark(_ block: UnsafeMutablePointer<auscult_block>, _ token: Int, _ channel: Int)
      -> UnsafeMutablePointer<UInt8>
    {
      block.pointee.marks + token * Int(block.pointee.mark_token_stride)
        + channel * Int(block.pointee.mark_channel_stride)
    }
  }

  @Test(arguments: [AUSCULT_AUDIO, AUSCULT_FEATURES])
  func aBlockWithOneMarkStaysOne(kind: UInt32) {
    let sample = Sample(kind: kind, channels: 3, columns: 5, most: 40)
    let ring = BlockRing(bytes: 1 << 15)!
    sample.fill(7, count: 20)
    sample.block.pointee.mark_token_stride = 0
    sample.block.pointee.mark_channel_stride = 0
    let isPushed = ring.push(UnsafePointer(sample.block))
    #expect(isPushed)
    guard let copy = ring.front() else {
      Issue.record("the ring is empty")
      return
    }
    sample.block.pointee.marks[0] = 0
    #expect(copy.pointee.mark_token_stride == 0 && copy.pointee.mark_channel_stride == 0)
    #expect(copy.pointee.marks[0] == 7)
  }

  @Test(arguments: [AUSCULT_AUDIO, AUSCULT_FEATURES])
  func carriesEveryBlockUnchangedWhateverTheSizes(kind: UInt32) {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sample = Sample(kind: kind, channels: 3, columns: 5, most: 40)
    let ring = BlockRing(bytes: 1 << 15)!
    var expected: [(number: Int, count: Int)] = []
    var number = 0
    var refusals = 0
    for _ in 0..<20_000 {
      if Bool.random(using: &random) {
        let count = Int.random(in: 0...40, using: &random)
        sample.fill(number, count: count)
        if ring.push(UnsafePointer(sample.block)) {
          expected.append((number, count))
          number += 1
        } else {
          refusals += 1
        }
      } else if let front = ring.front() {
        let first = expected.removeFirst()
        #expect(Int(front.pointee.count) == first.count)
        #expect(sample.matches(front, first.number))
        ring.release()
      } else {
        #expect(expected.isEmpty)
      }
    }
    #expect(refusals > 0, "the ring was never full: the test is too easy")
  }

  /// Equal records one after the other, up to a record of another size or the end of the memory.
  @Test func aRunEndsAtTheFirstRecordOfAnotherSize() {
    let sample = Sample(kind: AUSCULT_FEATURES, channels: 2, columns: 9, most: 4)
    let ring = BlockRing(bytes: 1 << 14)!
    var (pushed, read) = (0, 0)
    func push(_ count: Int) -> Bool {
      sample.fill(pushed, count: count)
      guard ring.push(sample.block) else { return false }
      pushed += 1
      return true
    }
    for _ in 0..<50 {
      for _ in 0..<3 { _ = push(1) }
      _ = push(4)
      while let front = ring.front() {
        let (count, stride) = ring.run(most: 2)
        #expect((1...2).contains(count))
        for place in 0..<count {
          let block = (UnsafeMutableRawPointer(front) + place * stride).assumingMemoryBound(to: auscult_block.self)
          #expect(block.pointee.count == front.pointee.count && sample.matches(block, read + place))
        }
        if front.pointee.count == 4 { #expect(count == 1) }
        for _ in 0..<count { ring.release() }
        read += count
      }
    }
    #expect(read == pushed && pushed == 200)
  }

  @Test func roomIsAPromise() {
    var random = SeededRandom.fresh()
    print("seed \(random.seed)")
    let sample = Sample(kind: AUSCULT_FEATURES, channels: 2, columns: 9, most: 30)
    let ring = BlockRing(bytes: 20_000)!
    for number in 0..<20_000 {
      let count = Int.random(in: 0...30, using: &random)
      let bytes = BlockRing.recordBytes(kind: AUSCULT_FEATURES, count: count, channels: 2, channelBytes: 36)
      sample.fill(number, count: count)
      let hadRoom = ring.hasRoom(for: bytes)
      let isPushed = ring.push(UnsafePointer(sample.block))
      #expect(!hadRoom || isPushed)
      if Int.random(in: 0..<3, using: &random) > 0, ring.front() != nil { ring.release() }
    }
  }

  /// Two threads; everything up to the watermark has arrived.
  @Test func carriesBlocksBetweenThreads() async {
    final class Shared: @unchecked Sendable {
      let ring = UnsafeMutablePointer<BlockRing>.allocate(capacity: 1)
      init() { ring.initialize(to: BlockRing(bytes: 1 << 16)!) }
      deinit {
        ring.deinitialize(count: 1)
        ring.deallocate()
      }
    }
    let shared = Shared()
    let total = 50_000
    let producer = Task.detached {
      let sample = Sample(kind: AUSCULT_FEATURES, channels: 1, columns: 4, most: 8)
      for number in 0..<total {
        sample.fill(number, count: number % 8)
        while !shared.ring.pointee.push(UnsafePointer(sample.block)) { await Task.yield() }
        shared.ring.pointee.publish(complete: Int64(number))
      }
    }
    let check = Sample(kind: AUSCULT_FEATURES, channels: 1, columns: 4, most: 8)
    var number = 0
    var isRight = true
    while number < total {
      let promised = shared.ring.pointee.complete
      guard let front = shared.ring.pointee.front() else {
        isRight = isRight && promised < Int64(number)
        await Task.yield()
        continue
      }
      isRight = isRight && check.matches(front, number)
      shared.ring.pointee.release()
      number += 1
    }
    await producer.value
    #expect(isRight)
  }
}

@Suite struct MessageQueueTests {
  @Test func keepsTheOrderAndCountsWhatIsLost() {
    let queue = MessageQueue(capacity: 8)
    for number in 0..<20 { queue.push(RealtimeMessage(.gap, first: Int64(number))) }
    #expect(queue.lost == 13)
    for number in 0..<7 { #expect(queue.pop()?.first == Int64(number)) }
    #expect(queue.pop() == nil)
  }

  @Test func aRetiredScheduleAlwaysFindsASlot() {
    let queue = MessageQueue(capacity: 4)
    for _ in 0..<9 { queue.push(RealtimeMessage(.dropBegan)) }
    #expect(queue.freeSlots == 1)
    queue.push(RealtimeMessage(.scheduleRetired))
    for _ in 0..<3 { #expect(queue.pop()?.kind == .dropBegan) }
    #expect(queue.pop()?.kind == .scheduleRetired)
  }
}
