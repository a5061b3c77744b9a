import CNodeABI
import NodeABI
import TestSupport
import Testing

/// Positions of tokens in time: the functions of time.h for authors and the engine.
@Suite struct StreamTimeTests {
  @Test(arguments: [
    (7, 3, 2, 3), (6, 3, 2, 2), (0, 5, 0, 0), (-1, 3, -1, 0), (-3, 3, -1, -1), (-4, 3, -2, -1), (5, 1, 5, 5),
  ])
  func aBeginIsRoundedDownAndAnEndUp(number: Int64, per: Int64, down: Int64, up: Int64) {
    #expect(floorDivide(number, per) == down)
    #expect(ceilDivide(number, per) == up)
  }

  @Test func bothAreTheNearestWholeNumbers() {
    var random = SeededRandom.fresh()
    print("stream time: AUSCULT_SEED=\(random.seed)")
    for _ in 0..<10_000 {
      let number = Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)
      let per = Int64.random(in: 1...1_000_000, using: &random)
      let (down, up) = (floorDivide(number, per), ceilDivide(number, per))
      #expect(down * per <= number && number < (down + 1) * per, "\(number) / \(per)")
      #expect(up * per >= number && number > (up - 1) * per, "\(number) / \(per)")
    }
  }

  /// Two ticks a driver frame, a token every seven ticks, twelve ticks long.
  @Test func aTokenCoversItsWholeContent() {
    var format = auscult_format()
    format.denominator = 2
    format.period = 7
    format.offset = -5
    format.extent = 12
    var head = auscult_head()
    head.origin = 1
    head.index = 3
    let time = withUnsafePointer(to: &format) { format in
      withUnsafePointer(to: &head) { head in
        let time = StreamTime(format)
        return (0..<4).map { token in
          [time.beginTicks(head, token), time.endTicks(head, token), time.begin(head, token), time.end(head, token)]
        }
      }
    }
    #expect(time == [[17, 29, 8, 15], [24, 36, 12, 18], [31, 43, 15, 22], [38, 50, 19, 25]])
  }

  @Test(arguments: [(segment: 0, begin: 0), (segment: 2, begin: 2)] as [(segment: Int64, begin: Int64)])
  func aTokenBeginsNotBeforeItsSegment(segment: Int64, begin: Int64) {
    var format = auscult_format()
    format.denominator = 1
    format.period = 4
    format.offset = -8
    format.extent = 16
    var head = auscult_head()
    head.segment = segment
    withUnsafePointer(to: &format) { format in
      withUnsafePointer(to: &head) { head in
        #expect(StreamTime(format).begin(head) == begin)
        #expect(StreamTime(format).beginTicks(head) == -8)
        #expect(StreamTime(format).end(head) == 8)
      }
    }
  }
}
