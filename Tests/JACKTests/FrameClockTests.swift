import JACKDriver
import TestSupport
import Testing

/// The clock against a simulated server with known losses. No JACK.
@Suite struct FrameClockTests {
  @Test func aSteadyCounterLosesNothingAcrossTheWrap() {
    var clock = FrameClock()
    var counter = UInt32.max - 1000
    for _ in 0..<100 {
      #expect(clock.cycle(counter: counter, frames: 64) == 0)
      counter &+= 64
    }
    #expect(clock.position == 6400)
    #expect(clock.lost == 0)
    #expect(clock.stepsBack == 0)
  }

  @Test func aStepForwardIsAGapOneCycleLater() {
    var clock = FrameClock()
    #expect(clock.cycle(counter: 0, frames: 64) == 0)
    #expect(clock.cycle(counter: 64 + 128, frames: 64) == 0)
    #expect(clock.isAhead)
    #expect(clock.position == 128)
    #expect(clock.cycle(counter: 128 + 128, frames: 64) == 128)
    #expect(!clock.isAhead)
    #expect(clock.position == 192 + 128)
  }

  @Test func aStepForwardAndBackIsLateAndNoGap() {
    var clock = FrameClock()
    var gaps: [Int64] = []
    for counter: UInt32 in [0, 64, 128 + 64, 192, 256, 320] { gaps.append(clock.cycle(counter: counter, frames: 64)) }
    #expect(gaps == [0, 0, 0, 0, 0, 0])
    #expect(clock.stepsBack == 1)
    #expect(clock.position == 384)
  }

  @Test func onlyThePartThatStaysIsAGap() {
    var clock = FrameClock()
    var gaps: [Int64] = []
    // 192 ahead, of which 128 are taken back.
    for counter: UInt32 in [0, 64 + 192, 128 + 64, 192 + 64, 256 + 64] {
      gaps.append(clock.cycle(counter: counter, frames: 64))
    }
    #expect(gaps == [0, 0, 0, 64, 0])
    #expect(clock.stepsBack == 1)
  }

  @Test func catchingUpIsNoGap() {
    var clock = FrameClock()
    var gaps: [Int64] = []
    // Three cycles late, then called without pause until it is in time again.
    for counter: UInt32 in [0, 64 + 192, 64 + 192, 64 + 192, 64 + 192, 320] {
      gaps.append(clock.cycle(counter: counter, frames: 64))
    }
    #expect(gaps == [0, 0, 0, 0, 0, 0])
    #expect(clock.stepsBack == 3)
    #expect(clock.position == 384)
  }

  @Test func twoLossesInARowAreTwoGaps() {
    var clock = FrameClock()
    var gaps: [Int64] = []
    for counter: UInt32 in [0, 64 + 64, 128 + 192, 192 + 192, 256 + 192] {
      gaps.append(clock.cycle(counter: counter, frames: 64))
    }
    #expect(gaps == [0, 0, 64, 128, 0])
  }

  @Test func aStepBackThatStaysIsTheNewBase() {
    var clock = FrameClock()
    var gaps: [Int64] = []
    for counter: UInt32 in [1000, 1064, 564, 628, 692, 756 + 64, 820 + 64] {
      gaps.append(clock.cycle(counter: counter, frames: 64))
    }
    #expect(gaps == [0, 0, 0, 0, 0, 0, 64])
    #expect(clock.stepsBack == 1)
  }

  @Test(arguments: 0..<20)
  func randomSequencesLoseWhatTheServerLost(_ round: Int) {
    var random = SeededRandom.fresh()
    let seed = random.seed
    var server = SimulatedServer(counter: UInt32.max - UInt32.random(in: 0..<1_000_000, using: &random))
    var clock = FrameClock()
    for index in 0..<5000 {
      let cycle = server.next(isQuiet: index > 4990, using: &random)
      let before = clock.position
      let gap = clock.cycle(counter: cycle.counter, frames: cycle.frames, rebases: cycle.rebases)
      #expect(gap == cycle.gapDue, "seed \(seed)")
      #expect(clock.position == before + gap + Int64(cycle.frames), "seed \(seed)")
      if gap != cycle.gapDue { return }
    }
    #expect(clock.lost == server.lost, "seed \(seed)")
    #expect(clock.stepsBack == server.stepsBack, "seed \(seed)")
  }

  @Test func noSequenceMovesThePositionBack() {
    var random = SeededRandom.fresh()
    let seed = random.seed
    var clock = FrameClock()
    var position: Int64 = 0
    for _ in 0..<100_000 {
      let frames = UInt32.random(in: 1...8192, using: &random)
      let gap = clock.cycle(counter: UInt32.random(in: 0...UInt32.max, using: &random), frames: frames)
      #expect(gap >= 0 && clock.position == position + gap + Int64(frames), "seed \(seed)")
      position = clock.position
    }
  }

  @Test func aNewServerGoesOnBehindAGap() {
    var clock = FrameClock()
    for cycle in 0..<4 { #expect(clock.cycle(counter: UInt32(cycle) * 64 + 99_000, frames: 64) == 0) }
    #expect(clock.resume(counter: 512, frames: 128, lost: 48_000) == 48_000)
    #expect(clock.cycle(counter: 640, frames: 128) == 0)
    #expect(clock.position == 256 + 48_000 + 256)
  }
}

/// A server's counter and all observations of it: losses, looks that come too late or too early, new periods,
/// freewheel. Two events are at least three cycles apart, so that each has one correct answer.
private struct SimulatedServer {
  struct Cycle {
    var counter: UInt32
    var frames: UInt32
    var rebases = false
    /// The clock's expected report.
    var gapDue: Int64 = 0
  }

  private(set) var lost: Int64 = 0
  private(set) var stepsBack: Int64 = 0
  private var counter: UInt32
  private var frames: UInt32 = 256
  /// Lost just before the last cycle, to be reported in the next.
  private var gapDue: Int64 = 0
  private var quietCycles = 3

  init(counter: UInt32) { self.counter = counter }

  mutating func next(isQuiet: Bool, using random: inout SeededRandom) -> Cycle {
    var cycle = Cycle(counter: counter, frames: frames, gapDue: gapDue)
    gapDue = 0
    quietCycles -= 1
    if !isQuiet && quietCycles <= 0 && Int.random(in: 0..<4, using: &random) == 0 {
      happen(&cycle, using: &random)
      quietCycles = 3
    }
    counter &+= frames
    return cycle
  }

  private mutating func happen(_ cycle: inout Cycle, using random: inout SeededRandom) {
    let step = UInt32.random(in: 1...20_000, using: &random)
    switch Int.random(in: 0..<5, using: &random) {
    case 0:
      counter &+= step
      cycle.counter = counter
      gapDue = Int64(step)
      lost += Int64(step)
    case 1:
      cycle.counter &+= step
      stepsBack += 1
    case 2:
      cycle.counter &-= step
      stepsBack += 1
    case 3:
      let before = frames
      repeat { frames = UInt32(1) << UInt32.random(in: 4...13, using: &random) } while frames == before
      counter = counter &+ frames &- before
      cycle.counter = counter
      cycle.frames = frames
    default:
      counter &+= step
      cycle.counter = counter
      cycle.rebases = true
    }
  }
}
