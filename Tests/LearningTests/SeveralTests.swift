import CKernels
import NodeKit
import Testing

/// Kernels over several rows or centres against plain loops.
@Suite struct SeveralTests {
  private var generator = SeededGenerator(seed: 5)

  private mutating func values(_ count: Int) -> [Double] { (0..<count).map { _ in 2 * generator.unit() - 1 } }

  @Test(arguments: [(1, 1, 8), (2, 4, 16), (5, 7, 40), (3, 9, 136), (4, 3, 640)])
  mutating func productsAreThoseOfAPlainLoop(rows: Int, others: Int, width: Int) {
    let (a, b) = (values(rows * width).map { Float($0) }, values(others * width).map { Float($0) })
    var all = [Float](repeating: .nan, count: rows * others)
    a.withUnsafeBufferPointer { a in
      let pointers = (0..<rows).map { a.baseAddress! + $0 * width }
      kernel_products(&all, pointers, rows, b, others, width)
      // A row alone, and a centre alone, have the same bits: the sum does not depend on its neighbours.
      for row in 0..<rows {
        for other in 0..<others {
          var one = Float.nan
          kernel_products(&one, [pointers[row]], 1, Array(b[(other * width)..<((other + 1) * width)]), 1, width)
          #expect(one == all[row * others + other])
        }
      }
    }
    for row in 0..<rows {
      for other in 0..<others {
        var sum = 0.0
        for index in 0..<width { sum += Double(a[row * width + index]) * Double(b[other * width + index]) }
        #expect(abs(Double(all[row * others + other]) - sum) <= Double(width / 8 + 16) * 0x1p-24 * Double(width))
      }
    }
  }

  @Test(arguments: [(1, 1), (3, 7), (4, 8), (6, 13), (9, 130), (5, 643)])
  mutating func distancesAreThoseOfAPlainLoop(others: Int, width: Int) {
    let (a, b) = (values(width), values(others * width))
    var all = [Double](repeating: .nan, count: others)
    kernel_distances(&all, a, b, others, width)
    for other in 0..<others {
      let own = Array(b[(other * width)..<((other + 1) * width)])
      var (one, sum) = (Double.nan, 0.0)
      kernel_distances(&one, a, own, 1, width)
      #expect(one == all[other])
      for index in 0..<width { sum += (a[index] - own[index]) * (a[index] - own[index]) }
      #expect(abs(sum - one) <= 1e-13 * sum)
    }
  }

  @Test(arguments: [1, 7, 8, 33, 640])
  mutating func scalingIsThatOfAPlainLoop(width: Int) {
    let (means, factors, addends) = (values(width), values(width), values(width))
    let input = values(width).map { Float(60 * $0) }
    var (wide, narrow) = ([Double](repeating: .nan, count: width), [Float](repeating: .nan, count: width))
    kernel_standardize(&wide, input, means, factors, width)
    kernel_standardize_narrow(&narrow, input, means, factors, width)
    for index in 0..<width {
      #expect(wide[index] == (Double(input[index]) - means[index]) * factors[index])
      #expect(narrow[index] == Float(wide[index]))
    }
    var sums = wide
    kernel_add_scaled(&sums, addends, -1, width)
    #expect(sums == zip(wide, addends).map { $0 - $1 })
  }
}
