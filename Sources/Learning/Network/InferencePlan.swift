import CNetwork

/// Collects the steps of a network's layers for `Inference`: copies and packs weights, and allocates all memory.
///
/// Thread: control.
public final class InferencePlan {
  let memory: ScorerMemory
  private(set) var steps: [InferenceStep] = []
  /// The most values of any step's input or output.
  private(set) var greatest = 0
  private(set) var outputSize = 0

  init(inputSize: Int, memory: ScorerMemory) {
    self.memory = memory
    outputSize = inputSize
    greatest = inputSize
  }

  private func add(_ kind: InferenceStep.Kind, size: Int, _ set: (inout InferenceStep) -> Void) {
    var step = InferenceStep(kind: kind, size: size)
    set(&step)
    steps.append(step)
    outputSize = size
    greatest = max(greatest, size)
  }

  func dense(_ weights: [Float], _ biases: [Float], rows: Int) {
    let columns = outputSize
    add(.dense, size: rows) {
      $0.weights = memory.keep(weights)
      $0.biases = memory.keep(biases)
      $0.counts.0 = columns
    }
  }

  func convolution(_ weights: [Float], _ biases: [Float], inputs: Int, outputs: Int, _ grid: PaddedGrid) {
    add(.convolution, size: outputs * grid.rows * grid.columns) {
      $0.weights = packed(weights, outputs: outputs)
      $0.biases = memory.keep(biases)
      $0.offsets = memory.keep(grid.offsets(channels: inputs))
      $0.scratch = room(inputs * grid.plane)
      $0.result = room(outputs * grid.results)
      $0.grid = grid
      $0.counts = (inputs, outputs, 0, 0, 0)
    }
  }

  /// Weights [4 outputs x inputs], biases [4 outputs].
  func transposedConvolution(
    _ weights: [Float], _ biases: [Float], inputs: Int, outputs: Int, rows: Int, columns: Int
  ) {
    let plane = (rows * columns + 15) / 16 * 16
    add(.transposedConvolution, size: 4 * outputs * rows * columns) {
      $0.weights = packed(weights, outputs: 4 * outputs)
      $0.biases = memory.keep(biases)
      $0.offsets = memory.keep((0..<inputs).map { Int64($0 * rows * columns) })
      $0.result = room(4 * outputs * plane)
      $0.counts = (inputs, outputs, rows, columns, plane)
    }
  }

  func pool(_ input: [Int], _ output: [Int]) {
    add(.pool, size: output.reduce(1, *)) { $0.counts = (input[0], input[1], input[2], output[1], output[2]) }
  }

  func upsample(_ input: [Int]) {
    add(.upsample, size: 4 * input.reduce(1, *)) { $0.counts = (input[0], input[1], input[2], 0, 0) }
  }

  func globalAverage(channels: Int, size: Int) {
    add(.globalAverage, size: channels) { $0.counts.0 = size }
  }

  func affine(_ factors: [Float], _ offsets: [Float], plane: Int) {
    add(.affine, size: factors.count * plane) {
      $0.weights = memory.keep(factors)
      $0.biases = memory.keep(offsets)
      $0.counts = (factors.count, plane, 0, 0, 0)
    }
  }

  func activation(_ kind: InferenceStep.Kind, size: Int) { add(kind, size: size) { _ in } }

  func crop(_ input: [Int], _ output: [Int]) {
    add(.crop, size: output.reduce(1, *)) { $0.counts = (input[0], input[1], input[2], output[1], output[2]) }
  }

  func transpose(rows: Int, columns: Int) {
    add(.transpose, size: rows * columns) { $0.counts = (rows, columns, 0, 0, 0) }
  }

  func repeated(size: Int, steps: Int) {
    add(.repeated, size: size * steps) { $0.counts = (size, steps, 0, 0, 0) }
  }

  func embedding(_ weights: [Float], machines: Int, inputs: Int, size: Int) {
    add(.embedding, size: inputs + size) {
      $0.weights = memory.keep(weights)
      $0.counts = (machines, inputs, size, 0, 0)
    }
  }

  func lstm(
    _ inputWeights: [Float], _ hiddenWeights: [Float], _ biases: [Float], steps: Int, inputs: Int, size: Int,
    isLastOnly: Bool
  ) {
    add(.lstm, size: isLastOnly ? size : steps * size) {
      $0.weights = memory.keep(inputWeights)
      $0.moreWeights = memory.keep(hiddenWeights)
      $0.biases = memory.keep(biases)
      // Gates, then the cell, its tanh and the hidden state.
      $0.scratch = room(7 * size)
      $0.counts = (steps, inputs, size, isLastOnly ? 1 : 0, 0)
    }
  }

  private func packed(_ weights: [Float], outputs: Int) -> UnsafePointer<Float> {
    let packed = room(weights.count)
    network_pack_float(packed, weights, outputs, weights.count / outputs)
    return UnsafePointer(packed)
  }

  /// Zeros, and some extra because kernels read in whole steps.
  func room(_ count: Int) -> UnsafeMutablePointer<Float> { memory.room(count + 64, of: 0) }
}

/// One step of an inference. Members that its kind does not use are nil or 0.
struct InferenceStep: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case dense, convolution, transposedConvolution, pool, upsample, globalAverage, affine, relu, sigmoid, softmax, crop
    case transpose, repeated, embedding, lstm
  }

  let kind: Kind
  /// Number of output values.
  let size: Int
  var weights: UnsafePointer<Float>!
  var moreWeights: UnsafePointer<Float>!
  var biases: UnsafePointer<Float>!
  var offsets: UnsafePointer<Int64>!
  var scratch: UnsafeMutablePointer<Float>!
  var result: UnsafeMutablePointer<Float>!
  var grid = PaddedGrid(rows: 0, columns: 0)
  var counts = (0, 0, 0, 0, 0)

  init(kind: Kind, size: Int) {
    self.kind = kind
    self.size = size
  }
}
