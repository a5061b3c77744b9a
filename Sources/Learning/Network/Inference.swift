import CNetwork
import CRealtime

/// A network that processes a few tokens at a time, each as if alone: a token's result has the same bits however many
/// lie beside it. It allocates all memory in `init`, which lives as long as the given `ScorerMemory`. A struct of
/// pointers, because a class would be retained and released at each call.
///
/// Thread: one at a time, of any kind.
public struct Inference {
  public let inputSize: Int
  public let outputSize: Int
  /// The most tokens of a call: more than one where weights take longer to read than to use.
  public let mostTokens: Int
  private let steps: UnsafePointer<InferenceStep>
  private let count: Int
  /// Each step reads one and writes the other.
  private let first: UnsafeMutablePointer<Float>
  private let second: UnsafeMutablePointer<Float>

  /// Copies the network's parameters.
  public init<S: NetworkScalar>(_ network: Network<S>, memory: ScorerMemory) {
    self.init(network.layers, memory: memory)
  }

  /// Runs the layers of a network one after the other; leaves them unchanged.
  public init<S: NetworkScalar>(_ layers: [Layer<S>], memory: ScorerMemory) {
    let plan = InferencePlan(inputSize: layers[0].inputSize, memory: memory)
    for layer in layers { layer.plan(plan) }
    plan.finish()
    inputSize = layers[0].inputSize
    outputSize = plan.outputSize
    mostTokens = plan.mostTokens
    count = plan.steps.count
    steps = memory.keep(plan.steps)
    first = plan.room(plan.greatest * mostTokens)
    second = plan.room(plan.greatest * mostTokens)
  }

  /// Runs tokens [tokens x inputSize] through the network: [tokens x outputSize], valid until the next call.
  @_noLocks @_noAllocation
  public func run(_ input: UnsafePointer<Float>, tokens: Int = 1, machine: Int = 0) -> UnsafePointer<Float> {
    var current = first
    var other = second
    var values = input
    for index in 0..<count {
      let step = steps + index
      if step.pointee.isInPlace {
        if values == input { copy(current, input, tokens * inputSize) }
        for token in 0..<tokens { runInPlace(step, current + token * step.pointee.size) }
      } else {
        run(step, values, other, tokens, machine)
        (current, other) = (other, current)
      }
      values = UnsafePointer(current)
    }
    return values
  }

  @_noLocks @_noAllocation
  private func run(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ tokens: Int, _ machine: Int
  ) {
    switch step.pointee.kind {
    case .dense:
      network_dense_float(
        output, step.pointee.weights, step.pointee.biases, 0, input, tokens, step.pointee.size,
        step.pointee.inputSize, step.pointee.isRectified ? 1 : 0)
    case .lstm: lstm(step, input, output, tokens)
    default:
      for token in 0..<tokens {
        runAlone(step, input + token * step.pointee.inputSize, output + token * step.pointee.size, machine)
      }
    }
  }

  @_noLocks @_noAllocation
  private func runInPlace(_ step: UnsafePointer<InferenceStep>, _ values: UnsafeMutablePointer<Float>) {
    switch step.pointee.kind {
    case .relu: network_relu_float(values, values, step.pointee.size)
    case .sigmoid: network_sigmoid_float(values, values, step.pointee.size)
    case .softmax: network_softmax_float(values, values, step.pointee.size)
    case .affine: affine(step, values)
    default: break
    }
  }

  @_noLocks @_noAllocation
  private func affine(_ step: UnsafePointer<InferenceStep>, _ values: UnsafeMutablePointer<Float>) {
    let (channels, plane) = (step.pointee.counts.0, step.pointee.counts.1)
    let (factors, offsets) = (step.pointee.weights!, step.pointee.biases!)
    if plane == 1 { return network_affine_each_float(values, values, factors, offsets, channels) }
    for channel in 0..<channels {
      let place = values + channel * plane
      network_affine_float(place, place, factors[channel], offsets[channel], plane)
    }
  }

  @_noLocks @_noAllocation
  private func runAlone(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ machine: Int
  ) {
    let counts = step.pointee.counts
    switch step.pointee.kind {
    case .convolution: convolution(step, input, output)
    case .transposedConvolution:
      network_product_rectified_float(
        step.pointee.result, counts.4, 4 * counts.1, counts.2 * counts.3, input, step.pointee.offsets, counts.0,
        step.pointee.weights, step.pointee.biases, step.pointee.isRectified ? 1 : 0)
      network_interleave_float(output, step.pointee.result, counts.4, counts.1, counts.2, counts.3)
    case .pool: network_pool_float(output, nil, input, counts.0, counts.1, counts.2, counts.3, counts.4)
    case .upsample: network_upsample_float(output, input, counts.0, counts.1, counts.2)
    case .globalAverage:
      for channel in 0..<step.pointee.size {
        output[channel] = network_sum_float(input + channel * counts.0, counts.0) / Float(counts.0)
      }
    case .crop:
      network_gather_float(output, input, counts.1 * counts.2, counts.2, counts.0, counts.3, counts.4)
    case .transpose: network_transpose_float(output, counts.0, input, counts.1, counts.0, counts.1)
    case .repeated:
      for index in 0..<counts.1 { copy(output + index * counts.0, input, counts.0) }
    case .embedding:
      copy(output, input, counts.1)
      copy(output + counts.1, step.pointee.weights + machine * counts.2, counts.2)
    case .dense, .lstm, .relu, .sigmoid, .softmax, .affine: break
    }
  }

  @_noLocks @_noAllocation
  private func convolution(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, rows, columns) = (
      step.pointee.counts.0, step.pointee.counts.1, step.pointee.grid.rows, step.pointee.grid.columns
    )
    // The grid's properties are computed, which marked code cannot call.
    let stride = columns + 2
    let positions = rows * stride - 2
    let results = (positions + 15) / 16 * 16
    let strided = step.pointee.strided
    if strided.rows > 0 {
      network_split_float(
        step.pointee.scratch, (rows + 2) * stride, stride, input, inputs, strided.rows, strided.columns)
    } else {
      network_spread_float(step.pointee.scratch, (rows + 2) * stride, stride, 1, input, inputs, rows, columns)
    }
    network_product_rectified_float(
      step.pointee.result, results, outputs, positions, step.pointee.scratch, step.pointee.offsets, inputs * 9,
      step.pointee.weights, step.pointee.biases, step.pointee.isRectified ? 1 : 0)
    if step.pointee.isPooled {
      network_pool_planes_float(
        output, step.pointee.result, results, stride, outputs, rows, columns, step.pointee.counts.2,
        step.pointee.counts.3)
    } else {
      network_gather_float(output, step.pointee.result, results, stride, outputs, rows, columns)
    }
  }

  /// The products with the input of all steps come first, in one go: they do not depend on the state.
  @_noLocks @_noAllocation
  private func lstm(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ tokens: Int
  ) {
    let (steps, inputs, size, isLastOnly) = (
      step.pointee.counts.0, step.pointee.counts.1, step.pointee.counts.2, step.pointee.counts.3 == 1
    )
    // Of a constant input, one for all steps.
    let products = step.pointee.counts.4
    let fromInput = step.pointee.scratch!
    let gates = fromInput + tokens * products * 4 * size
    let squashed = gates + tokens * 4 * size
    let cell = squashed + tokens * 4 * size
    let hidden = cell + tokens * size
    realtime_zero(cell, 2 * tokens * size * MemoryLayout<Float>.stride)
    network_dense_float(
      fromInput, step.pointee.weights, step.pointee.biases, 0, input, tokens * products, 4 * size, inputs, 0)
    for index in 0..<steps {
      let place = products == 1 ? 0 : index * 4 * size
      network_dense_float(
        gates, step.pointee.moreWeights, fromInput + place, products * 4 * size, hidden, tokens, 4 * size, size, 0)
      network_lstm_step_float(gates, size, 4 * size, squashed, cell, cell, hidden, size, tokens, size)
      if isLastOnly { continue }
      for token in 0..<tokens { copy(output + (token * steps + index) * size, hidden + token * size, size) }
    }
    if isLastOnly { copy(output, hidden, tokens * size) }
  }
}

@_noLocks @_noAllocation
private func copy(_ to: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>, _ count: Int) {
  realtime_copy(to, from, count * MemoryLayout<Float>.stride)
}
