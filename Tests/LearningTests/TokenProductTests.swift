import Learning
import NodeKit
import Testing

/// Products over all tokens, block by block, have the bits of one product.
@Suite struct TokenProductTests {
  private let width = 37

  /// Tokens in separate places.
  private final class Sound {
    let matrix: Matrix
    let tokens: ScaledTokens
    private let pointers: UnsafeMutableBufferPointer<UnsafePointer<Float>?>
    private let recordings: UnsafeMutablePointer<UInt32>
    private let values: UnsafeMutablePointer<Float>

    init(count: Int, width: Int) {
      var generator = SeededGenerator(seed: UInt64(count))
      values = .allocate(capacity: count * (width + 3))
      for index in 0..<(count * (width + 3)) { values[index] = Float(generator.unit() - 0.3) }
      pointers = .allocate(capacity: count)
      for index in 0..<count { pointers[index] = UnsafePointer(values + index * (width + 3)) }
      recordings = .allocate(capacity: count)
      recordings.initialize(repeating: 0, count: count)
      let examples = Examples(
        machine: 0, width: width, tokens: UnsafeBufferPointer(pointers), labels: nil, recordings: recordings)
      tokens = ScaledTokens(
        examples, means: (0..<width).map { 0.01 * Double($0) }, factors: (0..<width).map { 1 / (1 + Double($0)) })
      matrix = tokens.matrix()
    }

    deinit {
      values.deallocate()
      pointers.deallocate()
      recordings.deallocate()
    }
  }

  @Test(arguments: [5, 767, 1535, 1536, 2000, 3072, 4099]) func blocksGiveTheSameBits(count: Int) {
    let sound = Sound(count: count, width: width)
    let means = sound.tokens.columnMeans()
    #expect(means == sound.matrix.columnMeans)
    var centered = sound.matrix
    centered.subtract(means)
    #expect(sound.tokens.gram(minus: means).values == centered.gram().values)
    // With a 1 after the values of each token.
    var widened = Matrix(rows: count, columns: width + 1)
    for row in 0..<count {
      widened.values.replaceSubrange(
        (row * (width + 1))..<((row + 1) * (width + 1)), with: Array(sound.matrix.row(row)) + [1])
    }
    for columns in [1, 3] {
      let weights = Matrix(rows: width + 1, columns: columns, (0..<((width + 1) * columns)).map { 1 / Double($0 + 3) })
      let whole = widened.times(weights)
      var blocks: [Double] = []
      let product = sound.tokens.products(columns: columns) { _, block in
        let values = block.times(weights)
        blocks += values
        return values
      }
      #expect(blocks == whole.values)
      #expect(product == widened.transposed.times(whole).values)
    }
  }

  @Test func chosenTokensAreRounded() {
    let sound = Sound(count: 30, width: width)
    #expect(sound.tokens.floats(of: [3, 17]) == (Array(sound.matrix.row(3)) + sound.matrix.row(17)).map { Float($0) })
  }
}

extension Matrix {
  fileprivate var transposed: Matrix {
    Matrix(rows: columns, columns: rows, (0..<(rows * columns)).map { values[$0 % rows * columns + $0 / rows] })
  }
}
