import CRealtime
import NodeKit

/// Coloured noise as a sum of layers: white noise, and noise that changes every 4, 16, 64, 256 samples with a fade of
/// constant power between. Each layer holds about two octaves; equal amplitudes make pink noise. Any block of `block`
/// samples can be computed alone.
struct LayeredNoise {
  static let block = 64
  static let layers = 5

  /// Amplitudes [layers].
  private let amplitudes: UnsafePointer<Float>
  /// For the spans 4, 16, 64, 256 one after the other: cos and sin of a quarter turn over the span.
  private let fadeOut: UnsafePointer<Float>
  private let fadeIn: UnsafePointer<Float>
  private let key: UInt64

  init(_ memory: NodeMemory, color: [Double], key: UInt64) {
    let sum = color.map { $0 * $0 }.reduce(0, +).squareRoot()
    amplitudes = UnsafePointer(memory.array(color.map { Float($0 / sum) }))
    var (cosines, sines): ([Float], [Float]) = ([], [])
    for layer in 1..<Self.layers {
      let span = 1 << (2 * layer)
      for index in 0..<span {
        let angle = Double(index) / Double(span) * .pi / 2
        cosines.append(Float(realtime_cos(angle)))
        sines.append(Float(realtime_sin(angle)))
      }
    }
    fadeOut = UnsafePointer(memory.array(cosines))
    fadeIn = UnsafePointer(memory.array(sines))
    self.key = key
  }

  /// How the noise of one recording differs from others': a change of the key, and a factor for each layer.
  struct Variety {
    var salt: UInt64
    var color: InlineArray<5, Float>

    @_noLocks @_noAllocation
    init(salt: UInt64, color: InlineArray<5, Float> = [1, 1, 1, 1, 1]) {
      self.salt = salt
      self.color = color
    }
  }

  /// Adds noise of RMS gain to the block that begins at sample `start`, a multiple of `block`; the gain goes from
  /// `from` to `to`.
  @_noLocks @_noAllocation
  func add(
    to out: UnsafeMutablePointer<Float>, at start: Int64, from: Float, to: Float, scratch: UnsafeMutablePointer<Float>,
    _ variety: Variety
  ) {
    white(at: start, into: scratch, variety)
    var offset = 0
    for layer in 1..<Self.layers {
      fade(layer, at: start, offset: offset, into: scratch, variety)
      offset += 1 << (2 * layer)
    }
    let step = (to - from) * (1 / Float(Self.block))
    for index in 0..<Self.block { out[index] += scratch[index] * (from + step * Float(index)) }
  }

  @_noLocks @_noAllocation
  private func white(at start: Int64, into scratch: UnsafeMutablePointer<Float>, _ variety: Variety) {
    let (first, second) = keys(0, start, variety.salt)
    let place = UInt32(truncatingIfNeeded: start)
    let amplitude = amplitudes[0] * variety.color[0]
    for index in 0..<Self.block {
      scratch[index] = amplitude * Hash.noise(first, second, place &+ UInt32(truncatingIfNeeded: index))
    }
  }

  /// Adds one of the slower layers: a block spans several of its values, or a part of one.
  @_noLocks @_noAllocation
  private func fade(
    _ layer: Int, at start: Int64, offset: Int, into scratch: UnsafeMutablePointer<Float>, _ variety: Variety
  ) {
    let amplitude = amplitudes[layer] * variety.color[layer]
    let span = 1 << (2 * layer)
    let run = span < Self.block ? span : Self.block
    var index = 0
    while index < Self.block {
      let position = start + Int64(index)
      let cell = position >> Int64(2 * layer)
      let inside = Int(truncatingIfNeeded: position) & (span - 1)
      let before = amplitude * value(layer, cell, variety.salt)
      let after = amplitude * value(layer, cell + 1, variety.salt)
      let out = scratch + index
      let cosines = fadeOut + offset + inside
      let sines = fadeIn + offset + inside
      for place in 0..<run { out[place] += before * cosines[place] + after * sines[place] }
      index += run
    }
  }

  @inline(__always) @_noLocks @_noAllocation
  private func value(_ layer: Int, _ cell: Int64, _ salt: UInt64) -> Float {
    let (first, second) = keys(layer, cell, salt)
    return Hash.noise(first, second, UInt32(truncatingIfNeeded: cell))
  }

  /// Two halves of a key that changes every 2^32 places.
  @inline(__always) @_noLocks @_noAllocation
  private func keys(_ layer: Int, _ place: Int64, _ salt: UInt64) -> (UInt32, UInt32) {
    let bits = Hash.bits((key ^ salt) &+ UInt64(truncatingIfNeeded: layer), UInt64(bitPattern: place >> 32))
    return (UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
  }
}
