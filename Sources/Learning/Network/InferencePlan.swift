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
  /// The most tokens of a call.
  private(set) var mostTokens = 1
  /// Of the last step, if it has any: an affine step after it becomes part of them.
  private var lastWeights: (weights: [Float], biases: [Float])?

  /// Values of all tokens of a call that a step's input, output or scratch should not exceed: a quarter of a MiB.
  private static let greatestCall = 1 << 16
  /// With more, weights are no longer what takes the time.
  static let greatestBatch = 16

  init(inputSize: Int, memory: ScorerMemory) {
    self.memory = memory
    outputSize = inputSize
    greatest = inputSize
  }

  private func add(_ kind: InferenceStep.Kind, size: Int, _ set: (inout InferenceStep) -> Void) {
    var step = InferenceStep(kind: kind, inputSize: outputSize, size: size)
    set(&step)
    steps.append(step)
    outputSize = size
    greatest = max(greatest, size)
    lastWeights = nil
  }

  /// Allocates the scratch memory, once all steps are known.
  func finish() {
    let most = steps.reduce(greatest) { max($0, $1.scratchPerToken) }
    let fitting = Self.greatestCall / most
    // A tile of the dense layers takes four tokens.
    mostTokens = fitting < 4 ? 1 : min(Self.greatestBatch, fitting / 4 * 4)
    for index in steps.indices where steps[index].scratchPerToken > 0 {
      steps[index].scratch = room(steps[index].scratchPerToken * mostTokens)
    }
  }

  func dense(_ weights: [Float], _ biases: [Float], rows: Int) {
    let columns = outputSize
    add(.dense, size: rows) {
      $0.weights = packedDense(weights, rows: rows, columns: columns)
      $0.biases = kept(biases)
    }
    lastWeights = (weights, biases)
  }

  func convolution(_ weights: [Float], _ biases: [Float], inputs: Int, outputs: Int, _ grid: PaddedGrid) {
    convolution(weights, biases, grid.offsets(channels: inputs), planes: inputs, outputs: outputs, grid) {
      $0.counts = (inputs, outputs, 0, 0, 0)
    }
  }

  /// - Parameters:
  ///   - input: [channels x rows x columns].
  ///   - grid: of the output.
  func stridedConvolution(
    _ weights: [Float], _ biases: [Float], _ input: [Int], outputs: Int, _ grid: PaddedGrid
  ) {
    let offsets = grid.stridedOffsets(channels: input[0])
    convolution(weights, biases, offsets, planes: 4 * input[0], outputs: outputs, grid) {
      $0.counts = (input[0], outputs, 0, 0, 0)
      $0.strided = (input[1], input[2])
    }
  }

  private func convolution(
    _ weights: [Float], _ biases: [Float], _ offsets: [Int64], planes: Int, outputs: Int, _ grid: PaddedGrid,
    _ set: (inout InferenceStep) -> Void
  ) {
    add(.convolution, size: outputs * grid.rows * grid.columns) {
      $0.weights = packed(weights, outputs: outputs)
      $0.biases = memory.keep(biases)
      $0.offsets = memory.keep(offsets)
      $0.scratch = room(planes * grid.plane)
      $0.result = room(outputs * grid.results)
      $0.grid = grid
      set(&$0)
    }
    lastWeights = (weights, biases)
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
    if poolsLast(output) { return }
    add(.pool, size: output.reduce(1, *)) { $0.counts = (input[0], input[1], input[2], output[1], output[2]) }
  }

  /// Makes pooling part of the convolution before; false: there is none.
  private func poolsLast(_ output: [Int]) -> Bool {
    guard let last = steps.indices.last, steps[last].kind == .convolution, !steps[last].isPooled else { return false }
    steps[last].isPooled = true
    steps[last].counts.2 = output[1]
    steps[last].counts.3 = output[2]
    steps[last].size = output.reduce(1, *)
    outputSize = steps[last].size
    return true
  }

  func upsample(_ input: [Int]) {
    add(.upsample, size: 4 * input.reduce(1, *)) { $0.counts = (input[0], input[1], input[2], 0, 0) }
  }

  func globalAverage(channels: Int, size: Int) {
    add(.globalAverage, size: channels) { $0.counts.0 = size }
  }

  func affine(_ factors: [Float], _ offsets: [Float], plane: Int) {
    if fold(factors, offsets) { return }
    add(.affine, size: factors.count * plane) {
      $0.isInPlace = true
      $0.weights = memory.keep(factors)
      $0.biases = memory.keep(offsets)
      $0.counts = (factors.count, plane, 0, 0, 0)
    }
  }

  /// Makes factors and offsets part of the dense layer or convolution before; false: there is none.
  private func fold(_ factors: [Float], _ offsets: [Float]) -> Bool {
    guard let (weights, biases) = lastWeights, let last = steps.last, !last.isRectified, !last.isPooled,
      factors.count == biases.count
    else { return false }
    let terms = weights.count / biases.count
    let scaled = weights.indices.map { weights[$0] * factors[$0 / terms] }
    let moved = biases.indices.map { biases[$0] * factors[$0] + offsets[$0] }
    let packed = UnsafeMutablePointer(mutating: last.weights!)
    if last.kind == .dense {
      network_pack_dense_float(packed, scaled, biases.count, terms)
    } else {
      network_pack_float(packed, scaled, biases.count, terms)
    }
    UnsafeMutablePointer(mutating: last.biases!).update(from: moved, count: moved.count)
    lastWeights = (scaled, moved)
    return true
  }

  func activation(_ kind: InferenceStep.Kind, size: Int) {
    if kind == .relu, let last = steps.indices.last, !steps[last].isPooled,
      [.dense, .convolution, .transposedConvolution].contains(steps[last].kind)
    {
      steps[last].isRectified = true
      return
    }
    add(kind, size: size) { $0.isInPlace = true }
  }

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
    let isConstant = dropRepeat(steps: steps)
    let products = isConstant ? 1 : steps
    add(.lstm, size: isLastOnly ? size : steps * size) {
      $0.weights = packedDense(inputWeights, rows: 4 * size, columns: inputs)
      $0.moreWeights = packedDense(hiddenWeights, rows: 4 * size, columns: size)
      $0.biases = kept(biases)
      // Products with the inputs, gates, squashed cells as far apart as the gates, cells and hidden states.
      $0.scratchPerToken = 4 * products * size + 10 * size
      $0.counts = (steps, inputs, size, isLastOnly ? 1 : 0, products)
    }
  }

  /// Removes a step that repeats a vector: what follows takes the vector itself; false: there is none.
  private func dropRepeat(steps count: Int) -> Bool {
    guard let last = steps.last, last.kind == .repeated, last.counts.1 == count else { return false }
    steps.removeLast()
    outputSize = last.inputSize
    return true
  }

  private func packedDense(_ weights: [Float], rows: Int, columns: Int) -> UnsafePointer<Float> {
    let lanes = Int(NETWORK_ROWS)
    let packed = room((rows + lanes - 1) / lanes * lanes * columns)
    network_pack_dense_float(packed, weights, rows, columns)
    return UnsafePointer(packed)
  }

  /// Biases of rows, with room for a kernel's whole steps.
  private func kept(_ biases: [Float]) -> UnsafePointer<Float> {
    let room = room(biases.count)
    room.update(from: biases, count: biases.count)
    return UnsafePointer(room)
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
  /// Number of input and output values of a token.
  let inputSize: Int
  var size: Int
  /// Changes its input instead of writing an output.
  var isInPlace = false
  /// max(0, x) of the output.
  var isRectified = false
  /// Of a convolution: the largest of each 2 x 2 square.
  var isPooled = false
  /// Of a convolution at every second place: the input's rows and columns.
  var strided = (rows: 0, columns: 0)
  /// Values of scratch memory for each token of a call.
  var scratchPerToken = 0
  var weights: UnsafePointer<Float>!
  var moreWeights: UnsafePointer<Float>!
  var biases: UnsafePointer<Float>!
  var offsets: UnsafePointer<Int64>!
  var scratch: UnsafeMutablePointer<Float>!
  var result: UnsafeMutablePointer<Float>!
  var grid = PaddedGrid(rows: 0, columns: 0)
  var counts = (0, 0, 0, 0, 0)

  init(kind: Kind, inputSize: Int, size: Int) {
    self.kind = kind
    self.inputSize = inputSize
    self.size = size
  }
}
