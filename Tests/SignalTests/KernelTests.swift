import CKernels
import Foundation
import TestSupport
import Testing

/// Kernels against plain loops, at every length around the width of a vector.
@Suite struct KernelTests {
  @Test func filterRows() {
    var random = SeededRandom(printing: "filter rows")
    let (count, lanes) = (Int(KERNEL_FIR_ROWS), Int(KERNEL_FIR_LANES))
    for width in stride(from: lanes, through: 12 * lanes, by: lanes) {
      // More than any kernel takes at once, and each number that may be left over.
      for stretches in 1...13 {
        let distance = random.int(1...width)
        let (rows, samples) = (random.values(count * width), random.values(width + stretches * distance))
        // One value more than the results of a stretch.
        let place = count + 1
        var together = [Float](repeating: .nan, count: place * stretches)
        together.withUnsafeMutableBufferPointer { out in
          samples.withUnsafeBufferPointer {
            kernel_fir(out.baseAddress!, place, rows, $0.baseAddress!, distance, width, stretches)
          }
        }
        for stretch in 0..<stretches {
          let own = Array(samples[(stretch * distance)..<(stretch * distance + width)])
          var alone = [Float](repeating: .nan, count: count)
          alone.withUnsafeMutableBufferPointer { kernel_fir($0.baseAddress!, count, rows, own, 0, width, 1) }
          for row in 0..<count {
            let sum = (0..<width).reduce(0.0) { $0 + Double(rows[row * width + $1]) * Double(own[$1]) }
            #expect(abs(Double(alone[row]) - sum) < 1e-6 * Double(width), "\(width) coefficients")
          }
          let found = together[(stretch * place)..<(stretch * place + count)]
          #expect(found.map(\.bitPattern) == alone.map(\.bitPattern), "\(width) coefficients, \(stretches) stretches")
          #expect(together[stretch * place + count].isNaN)
        }
      }
    }
  }

  @Test func spectraOfRealSamples() {
    var random = SeededRandom(printing: "real spectra")
    for half in Array(1...40) + [255, 256] {
      let samples = random.values(2 * half).map { Double($0) }
      let term = { (index: Int, turn: Int, length: Int) in
        let angle = -2 * Double.pi * Double(index * turn % length) / Double(length)
        return (re: cos(angle), im: sin(angle))
      }
      // x[2n] + i x[2n + 1], transformed by the definition.
      var spectrum = [Float](repeating: .nan, count: 2 * half + 2)
      for k in 0..<half {
        let (re, im) = (0..<half).reduce((0.0, 0.0)) { sum, n in
          let (term, x, y) = (term(n, k, half), samples[2 * n], samples[2 * n + 1])
          return (sum.0 + x * term.re - y * term.im, sum.1 + x * term.im + y * term.re)
        }
        (spectrum[2 * k], spectrum[2 * k + 1]) = (Float(re), Float(im))
      }
      let angles = (0...(half / 2)).map { Double.pi * Double($0) / Double(half) }
      kernel_real_spectrum(
        &spectrum, angles.flatMap { [Float(cos($0) / 2), Float(-cos($0) / 2)] },
        angles.flatMap { [Float(-sin($0) / 2), Float(-sin($0) / 2)] }, half)
      for k in 0...half {
        let (re, im) = samples.indices.reduce((0.0, 0.0)) { sum, n in
          let term = term(n, k, 2 * half)
          return (sum.0 + samples[n] * term.re, sum.1 + samples[n] * term.im)
        }
        #expect(abs(Double(spectrum[2 * k]) - re) < 1e-6 * Double(half) + 1e-6, "\(k) of \(half)")
        #expect(abs(Double(spectrum[2 * k + 1]) - im) < 1e-6 * Double(half) + 1e-6, "\(k) of \(half)")
      }
    }
  }

  @Test func bands() {
    var random = SeededRandom(printing: "bands")
    let (lanes, together) = (Int(KERNEL_BAND_LANES), Int(KERNEL_BAND_GROUP))
    for count in 0...13 {
      let values = random.values(100)
      var (groups, weights): ([kernel_band_group], [Float]) = ([], [])
      // Each band's first value and weights; bands after the last have none.
      var bands: [(start: Int, weights: [Float])] = []
      for begin in stride(from: 0, to: count, by: together) {
        let width = lanes * random.int(0...4)
        var group = kernel_band_group()
        (group.blocks, group.offset) = (UInt32(width / lanes), UInt32(weights.count))
        let rows = (0..<together).map { band in
          begin + band < count
            ? (start: random.int(0...60), weights: random.values(width))
            : (start: 0, weights: [Float](repeating: 0, count: width))
        }
        group.start = (UInt32(rows[0].start), UInt32(rows[1].start), UInt32(rows[2].start), UInt32(rows[3].start))
        for block in 0..<(width / lanes) {
          for row in rows { weights += row.weights[(block * lanes)..<((block + 1) * lanes)] }
        }
        groups.append(group)
        bands += rows.prefix(count - begin)
      }
      var out = [Float](repeating: .nan, count: count + 1)
      kernel_bands(&out, values, groups, weights, count)
      for (band, row) in bands.enumerated() {
        let sum = row.weights.indices.reduce(0.0) { $0 + Double(row.weights[$1]) * Double(values[row.start + $1]) }
        #expect(abs(Double(out[band]) - sum) < 1e-5)
      }
      #expect(out[count].isNaN, "nothing beyond the last band")
      // A band's bits do not depend on those beside it.
      for (band, row) in bands.enumerated() {
        var group = kernel_band_group()
        group.start.0 = UInt32(row.start)
        group.blocks = UInt32(row.weights.count / lanes)
        let alone = stride(from: 0, to: row.weights.count, by: lanes).flatMap {
          row.weights[$0..<($0 + lanes)] + [Float](repeating: 0, count: lanes * (together - 1))
        }
        var sum: Float = .nan
        kernel_bands(&sum, values, [group], alone, 1)
        #expect(sum.bitPattern == out[band].bitPattern)
      }
    }
  }

  @Test func deinterleave() {
    for channels in [1, 2, 3, 7, 8, 9, 16, 19, 32] {
      for count in [0, 1, 7, 8, 9, 16, 30] {
        for taken in Set([0, 1, channels / 2, channels - 1, channels]) {
          let samples = (0..<max(1, channels * count)).map { Float($0 + 1) }
          let stride = count + 3
          var planes = [Float](repeating: 0, count: channels * stride)
          kernel_deinterleave(&planes, stride, samples, channels, taken, count)
          let expected = (0..<channels).flatMap { channel in
            (0..<stride).map { channel < taken && $0 < count ? samples[$0 * channels + channel] : 0 }
          }
          #expect(planes == expected, "\(taken) of \(channels) channels, \(count) frames")
        }
      }
    }
  }

  @Test func integers() {
    var random = SeededRandom(printing: "integers")
    let samples: [Float] = [0, 1, -1, 0.5, .nan, 2, -3, .infinity, 1e-9, 0.99999994] + random.values(50)
    for width in 2...4 {
      let stride = width + 3
      var bytes = [UInt8](repeating: 7, count: samples.count * stride)
      kernel_encode_pcm(&bytes, stride, width, samples, samples.count)
      for (index, sample) in samples.enumerated() {
        let scaled = sample.isNaN ? 0 : (Double(sample) * 0x1p31).rounded(.toNearestOrEven)
        let value = Int32(max(-0x1p31, min(0x1p31 - 1, scaled)))
        let expected = (0..<width).map { UInt8(truncatingIfNeeded: value >> (8 * (4 - width + $0))) }
        #expect(Array(bytes[(index * stride)..<((index + 1) * stride)]) == expected + [7, 7, 7])
      }
    }
  }

  @Test func cleanSamplesAndMarks() {
    var random = SeededRandom(printing: "marks")
    let special: [Float] = [0, -0.0, .nan, .infinity, -.infinity, 1e9, -1.1e9, 0.1, -0.1, 0.09999999, 0.5, -0.6, 1e-30]
    let rule = kernel_marks(
      limit: Int32(bitPattern: Float(1e9).bitPattern), sounding: Int32(bitPattern: Float(0.1).bitPattern),
      clipped: Int32(bitPattern: Float(0.5).bitPattern), always: 64, sound: 1, clip: 2)
    for count in 0...70 {
      let samples = (0..<count).map { _ in
        Bool.random(using: &random) ? special.randomElement(using: &random)! : random.values(1)[0]
      }
      let clean = samples.map { $0.isFinite ? max(-1e9, min(1e9, $0)) : 0 }
      var (out, marked) = ([Float](repeating: 5, count: count + 1), [Float](repeating: 5, count: count + 1))
      var marks = [UInt8](repeating: 9, count: count + 1)
      kernel_clean(&out, samples, 1e9, count)
      withUnsafePointer(to: rule) { kernel_clean_and_mark(&marked, &marks, samples, $0, count) }
      #expect(out.map(\.bitPattern) == (clean + [5]).map(\.bitPattern))
      #expect(marked.map(\.bitPattern) == out.map(\.bitPattern))
      let expected = zip(samples, clean).map { sample, clean in
        UInt8(64 + (abs(clean) >= 0.1 ? 1 : 0) + (abs(sample) >= 0.5 || !sample.isFinite ? 2 : 0))
      }
      #expect(marks == expected + [9])
    }
  }
  @Test func marks() {
    var random = SeededRandom(printing: "marks of blocks")
    for count in Array(0...100) + [543, 544, 545, 2000] {
      let few: [UInt8] = [0xf4, 0x0d, 0x1f, 0x0d, 0x0d]
      let marks = (0..<count).map { _ in few.randomElement(using: &random)! }
      let more = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
      let other = marks.lastIndex { $0 != 0x0d }.map { $0 + 1 } ?? 0
      #expect(kernel_marks_last_other(marks, 0x0d, count) == other)
      let equal = [UInt8](repeating: 0x1f, count: count) + [0]
      #expect(kernel_marks_are(equal, 0x1f, count) == 1 && kernel_marks_are(equal, 0x1f, count + 1) == 0)
      if other > 0 { #expect(kernel_marks_are(marks, 0x0d, count) == 0) }
      var bits: UInt8 = 0x20
      #expect(kernel_marks_gather(more, &bits, count) == more.reduce(0) { $0 + UInt64($1 >> 4) })
      #expect(bits == more.reduce(0x20, |))
      var merged = marks + [9]
      kernel_marks_merge(&merged, more, count)
      #expect(merged == zip(marks, more).map { (($0 | $1) & 0x0f) | min($0 & 0xf0, $1 & 0xf0) } + [9])
    }
  }

  @Test func levels() {
    var random = SeededRandom(printing: "levels")
    for count in 0...70 {
      var samples = random.values(count)
      let level = kernel_level(samples, 2, count)
      #expect(abs(Double(level.square) - samples.reduce(0.0) { $0 + Double($1) * Double($1) }) < 1e-4)
      #expect(level.greatest == samples.map(abs).max() ?? 0)
      #expect(level.moves == (count == 0 ? 0 : 1))
      guard count > 0 else { continue }
      let still = [Float](repeating: 0.5, count: count)
      #expect(kernel_level(still, 0.5, count).moves == 0)
      samples = still
      samples[Int.random(in: 0..<count, using: &random)] = .nan
      let broken = kernel_level(samples, 0.5, count)
      #expect(broken.moves == 1 && broken.square.isNaN && broken.greatest == (count == 1 ? 0 : 0.5))
    }
  }
}
