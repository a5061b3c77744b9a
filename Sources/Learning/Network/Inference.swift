import CNetwork
import CRealtime

/// A network that processes one token at a time: it allocates all memory in `init`, which lives as long as the given
/// `ScorerMemory`. A struct of pointers, because a class would be retained and released at each call.
///
/// Thread: one at a time, of any kind.
public struct Inference {
  public let inputSize: Int
  public let outputSize: Int
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
    inputSize = layers[0].inputSize
    outputSize = plan.outputSize
    count = plan.steps.count
    steps = memory.keep(plan.steps)
    first = plan.room(plan.greatest)
    second = plan.room(plan.greatest)
  }

  /// Runs a token [inputSize] through the network: [outputSize], valid until the next call.
  @_noLocks @_noAllocation
  public func run(_ token: UnsafePointer<Float>, machine: Int = 0) -> UnsafePointer<Float> {
    var input = first
    var output = second
    copy(input, token, inputSize)
    for index in 0..<count {
      if runInPlace(steps + index, input) { continue }
      runStep(steps + index, input, output, machine)
      (input, output) = (output, input)
    }
    return UnsafePointer(input)
  }

  @_noLocks @_noAllocation
  private func runInPlace(_ step: UnsafePointer<InferenceStep>, _ values: UnsafeMutablePointer<Float>) -> Bool {
    switch step.pointee.kind {
    case .relu: network_relu_float(values, values, step.pointee.size)
    case .sigmoid: network_sigmoid_float(values, values, step.pointee.size)
    case .softmax: network_softmax_float(values, values, step.pointee.size)
    case .affine: affine(step, values)
    default: return false
    }
    return true
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
  private func runStep(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>,
    _ machine: Int
  ) {
    let counts = step.pointee.counts
    switch step.pointee.kind {
    case .dense:
      network_dense_float(output, step.pointee.weights, step.pointee.biases, input, step.pointee.size, counts.0)
    case .convolution: convolution(step, input, output)
    case .transposedConvolution:
      network_product_float(
        step.pointee.result, counts.4, 4 * counts.1, counts.2 * counts.3, input, step.pointee.offsets, counts.0,
        step.pointee.weights, step.pointee.biases)
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
    case .lstm: lstm(step, input, output)
    case .relu, .sigmoid, .softmax, .affine: break
    }
  }

  @_noLocks @_noAllocation
  private func convolution(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let (inputs, outputs, rows, columns) = (
      step.pointee.counts.0, step.pointee.counts.1, step.pointee.grid.rows, step.pointee.grid.columns
    )
    // The grid's properties are computed, which marked code cannot call.
    let stride = columns + 2
    let positions = rows * stride - 2
    let results = (positions + 15) / 16 * 16
    network_spread_float(step.pointee.scratch, (rows + 2) * stride, stride, 1, input, inputs, rows, columns)
    network_product_float(
      step.pointee.result, results, outputs, positions, step.pointee.scratch, step.pointee.offsets, inputs * 9,
      step.pointee.weights, step.pointee.biases)
    network_gather_float(output, step.pointee.result, results, stride, outputs, rows, columns)
  }

  @_noLocks @_noAllocation
  private func lstm(
    _ step: UnsafePointer<InferenceStep>, _ input: UnsafeMutablePointer<Float>, _ output: UnsafeMutablePointer<Float>
  ) {
    let (steps, inputs, size, isLastOnly) = (
      step.pointee.counts.0, step.pointee.counts.1, step.pointee.counts.2, step.pointee.counts.3 == 1
    )
    let gates = step.pointee.scratch!
    let (cell, squashed, hidden) = (gates + 4 * size, gates + 5 * size, gates + 6 * size)
    realtime_zero(cell, size * MemoryLayout<Float>.stride)
    realtime_zero(hidden, size * MemoryLayout<Float>.stride)
    for index in 0..<steps {
      network_dense_float(gates, step.pointee.weights, step.pointee.biases, input + index * inputs, 4 * size, inputs)
      network_dense_float(gates, step.pointee.moreWeights, gates, hidden, 4 * size, size)
      network_lstm_step_float(gates, size, size, squashed, cell, cell, hidden, size, 1, size)
      if !isLastOnly { copy(output + index * size, hidden, size) }
    }
    if isLastOnly { copy(output, hidden, size) }
  }
}

@_noLocks @_noAllocation
private func copy(_ to: UnsafeMutablePointer<Float>, _ from: UnsafePointer<Float>, _ count: Int) {
  realtime_copy(to, from, count * MemoryLayout<Float>.stride)
}
