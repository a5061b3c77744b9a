import CKernels
import CRealtime

/// (x - min) / (max - min + epsilon), minimum and maximum over the last `window` tokens, the present one included.
///
/// Exact for every token at a constant cost but once a window: the ring is filled in rounds (van Herk's and Gil and
/// Werman's method). At the end of a round its entries are replaced by the minimum of themselves and all later ones, so
/// that the oldest part of the window is one entry, and the rest of it is the running minimum of the present round.
struct RollingStep {
  /// The minimum (or, with the signs turned, the maximum) of one channel.
  private struct Side {
    /// [window x width]
    let ring: UnsafeMutablePointer<Float>
    /// Running one of the present round [width].
    let round: UnsafeMutablePointer<Float>
    /// The window's [width].
    let result: UnsafeMutablePointer<Float>
  }

  private let rows: Int
  private let columns: Int
  private let channels: Int
  private let width: Int
  private let window: Int
  private let epsilon: Float
  private let memory: UnsafeMutablePointer<Float>
  /// Next entry of the ring, per channel.
  private let places: UnsafeMutablePointer<Int>
  /// Whether a round has been completed, per channel.
  private let isFull: UnsafeMutablePointer<Bool>

  init(_ plan: Plan) {
    rows = plan.rows
    columns = plan.columns
    channels = plan.channels
    width = plan.rangeWidth
    window = plan.window
    epsilon = plan.parameters.epsilon
    let count = channels * 2 * width * (window + 2)
    memory = .allocate(capacity: count)
    memory.initialize(repeating: 0, count: count)
    places = .allocate(capacity: channels)
    isFull = .allocate(capacity: channels)
    places.initialize(repeating: 0, count: channels)
    isFull.initialize(repeating: false, count: channels)
  }

  func free() {
    memory.deallocate()
    places.deallocate()
    isFull.deallocate()
  }

  @_noLocks @_noAllocation
  func restart() {
    for channel in 0..<channels {
      places[channel] = 0
      isFull[channel] = false
    }
  }

  @_noLocks @_noAllocation
  private func side(_ channel: Int, _ index: Int) -> Side {
    let base = memory + (channel * 2 + index) * width * (window + 2)
    return Side(ring: base, round: base + window * width, result: base + (window + 1) * width)
  }

  @_noLocks @_noAllocation
  func run(_ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>, _ channel: Int) {
    kernel_finite(output, input, 0, rows * columns)
    let place = places[channel]
    let minimum = side(channel, 0)
    let maximum = side(channel, 1)
    measure(output, minimum.ring + place * width, maximum.ring + place * width)
    update(minimum, place, isFull[channel], isMaximum: false)
    update(maximum, place, isFull[channel], isMaximum: true)
    places[channel] = place + 1 == window ? 0 : place + 1
    if place + 1 == window { isFull[channel] = true }
    map(output, minimum.result, maximum.result)
  }

  /// Least and greatest of one token, of all values or of each band.
  @_noLocks @_noAllocation
  private func measure(
    _ values: UnsafePointer<Float>, _ low: UnsafeMutablePointer<Float>, _ high: UnsafeMutablePointer<Float>
  ) {
    if width == 1 {
      low[0] = kernel_minimum(values, rows * columns)
      high[0] = kernel_maximum(values, rows * columns)
      return
    }
    copy(low, values)
    copy(high, values)
    for row in 1..<max(1, rows) {
      kernel_lower(low, values + row * columns, columns)
      kernel_raise(high, values + row * columns, columns)
    }
  }

  /// Takes the ring's entry at `place` into the running and the window's minimum or maximum.
  @_noLocks @_noAllocation
  private func update(_ side: Side, _ place: Int, _ isFull: Bool, isMaximum: Bool) {
    if place == 0 {
      copy(side.round, side.ring)
    } else {
      join(side.round, side.ring + place * width, isMaximum)
    }
    copy(side.result, side.round)
    if isFull && place + 1 < window { join(side.result, side.ring + (place + 1) * width, isMaximum) }
    guard place + 1 == window else { return }
    var entry = window - 2
    while entry >= 0 {
      join(side.ring + entry * width, side.ring + (entry + 1) * width, isMaximum)
      entry -= 1
    }
  }

  @_noLocks @_noAllocation
  private func join(_ into: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>, _ isMaximum: Bool) {
    if isMaximum { kernel_raise(into, from, width) } else { kernel_lower(into, from, width) }
  }

  @_noLocks @_noAllocation
  private func copy(_ into: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>) {
    realtime_copy(into, from, width * MemoryLayout<Float>.size)
  }

  /// Maps a token's values in place; a range of zero maps to zero. Turns `high` into the divisors.
  @_noLocks @_noAllocation
  private func map(
    _ values: UnsafeMutablePointer<Float>, _ low: UnsafePointer<Float>, _ high: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<width {
      let range = high[index] - low[index] + epsilon
      high[index] = range == 0 ? 1 : range
    }
    if width == 1 {
      kernel_scale(values, low[0], high[0], rows * columns)
    } else {
      for row in 0..<rows { kernel_scale_each(values + row * columns, low, high, columns) }
    }
  }
}
