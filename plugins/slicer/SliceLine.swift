import CRealtime
import NodeKit

struct SliceShape: Equatable {
  /// Analysis frames in a slice.
  var rows: Int
  /// Analysis frames from one slice to the next.
  var hop: Int
  var columns: Int
  var channels: Int

  /// Values in a slice of one channel.
  var count: Int { @_noLocks @_noAllocation get { rows * columns } }
}

/// The work of an active `slicer`: the last rows of each channel in a ring. The data that the realtime thread uses.
struct SliceLine {
  private let shape: SliceShape
  /// Padding of the last slice of a file; nil: an incomplete slice is left out.
  private let fill: Float?
  /// [channels x rows x columns]
  private let ring: UnsafeMutablePointer<Float>
  /// Row of the ring for the next analysis frame: the oldest row, once the ring is full.
  private var place = 0
  /// Analysis frames until the next slice is complete.
  private var missing: Int
  /// Analysis frames since the last slice, which no slice holds yet.
  private var uncovered = 0

  /// Thread: control.
  init(_ shape: SliceShape, fill: Float?, _ memory: NodeMemory) {
    self.shape = shape
    self.fill = fill
    missing = shape.rows
    ring = memory.array(repeating: 0, count: shape.channels * shape.count)
  }

  @_noLocks @_noAllocation
  mutating func restart() {
    place = 0
    missing = shape.rows
    uncovered = 0
  }

  @_noLocks @_noAllocation
  mutating func process(_ input: InputBlock, _ output: OutputBlock) {
    for token in 0..<input.count {
      for channel in 0..<shape.channels { store(input.values(token, channel), channel) }
      advance()
      if missing == 0 { yieldSlice(output) }
    }
    guard input.isEnd else { return }
    if let fill { padEnd(fill, output) }
    restart()
  }

  @_noLocks @_noAllocation
  private func store(_ row: UnsafePointer<Float>, _ channel: Int) {
    let target = ring + channel * shape.count + place * shape.columns
    realtime_copy(target, row, shape.columns * MemoryLayout<Float>.size)
  }

  @_noLocks @_noAllocation
  private mutating func advance() {
    place = place + 1 == shape.rows ? 0 : place + 1
    missing -= 1
    uncovered += 1
  }

  /// Copies the ring to the output, oldest row first.
  @_noLocks @_noAllocation
  private mutating func yieldSlice(_ output: OutputBlock) {
    let token = output.count
    let head = place * shape.columns
    for channel in 0..<shape.channels {
      let from = ring + channel * shape.count
      let to = output.values(token, channel)
      realtime_copy(to, from + head, (shape.count - head) * MemoryLayout<Float>.size)
      realtime_copy(to + (shape.count - head), from, head * MemoryLayout<Float>.size)
    }
    output.count = token + 1
    missing = shape.hop
    uncovered = 0
  }

  /// Completes the next slice with rows of `fill`, if it holds frames that no other slice has.
  @_noLocks @_noAllocation
  private mutating func padEnd(_ fill: Float, _ output: OutputBlock) {
    guard uncovered > 0, missing < shape.rows else { return }
    while missing > 0 {
      for channel in 0..<shape.channels {
        let row = ring + channel * shape.count + place * shape.columns
        for column in 0..<shape.columns { row[column] = fill }
      }
      advance()
    }
    yieldSlice(output)
  }
}
