/// Long short-term memory (Hochreiter, Schmidhuber 1997) as in PyTorch: gates in the order input, forget, cell, output,
/// two biases, initial state zero. [steps x inputs] -> [steps x size], or the last step [size].
///
/// Internally, the tokens of a batch are adjacent: [values x steps x lanes]. The input of a step and the hidden state
/// before it are then planes of one product, and the gradient of the weights is one product over all steps.
public final class LSTM<S: NetworkScalar>: Layer<S> {
  private let inputWeight: NetworkParameter<S>
  private let hiddenWeight: NetworkParameter<S>
  private let inputBias: NetworkParameter<S>
  private let hiddenBias: NetworkParameter<S>
  private let steps: Int
  private let inputs: Int
  private let size: Int
  private let isLastOnly: Bool

  /// Tokens in a pass, rounded up to whole steps of a product: the distance of planes.
  private var lanes = 0
  private var plane = 0
  /// The input [inputs x steps x lanes], then the hidden states [size x (steps + 1) x lanes], zeros before the first.
  private var planes = Values<S>(0)
  private var offsets: [Int64] = []
  private var gateOffsets: [Int64] = []
  /// [4 size x steps x lanes]
  private var gates = Values<S>(0)
  private var gateGradients = Values<S>(0)
  /// [size x (steps + 1) x lanes], as the hidden states.
  private var cells = Values<S>(0)
  /// [size x steps x lanes]
  private var squashed = Values<S>(0)
  /// [size x lanes]
  private var hiddenGradient = Values<S>(0)
  private var cellGradient = Values<S>(0)
  /// [inputs x steps x lanes]
  private var inputGradients = Values<S>(0)

  /// Both weights side by side [4 size x (inputs + size)], their sum of gradients, and scratch of products.
  private let weight: Values<S>
  private let weightGradient: Values<S>
  private let bias: Values<S>
  private let packed: Values<S>
  private let turnedInput: Values<S>
  private let turnedHidden: Values<S>

  /// - Parameter inputShape: [steps x inputs].
  public init(_ inputShape: [Int], size: Int, lastStepOnly: Bool = false) {
    (steps, inputs) = (inputShape[0], inputShape[1])
    self.size = size
    isLastOnly = lastStepOnly
    inputWeight = NetworkParameter("input_weight", [4 * size, inputs])
    hiddenWeight = NetworkParameter("hidden_weight", [4 * size, size])
    inputBias = NetworkParameter("input_bias", [4 * size])
    hiddenBias = NetworkParameter("hidden_bias", [4 * size])
    weight = Values(4 * size * (inputs + size))
    weightGradient = Values(weight.count)
    bias = Values(4 * size)
    packed = Values(weight.count)
    turnedInput = Values(4 * size * inputs)
    turnedHidden = Values(4 * size * size)
    super.init(
      inputShape, isLastOnly ? [size] : [steps, size], [inputWeight, hiddenWeight, inputBias, hiddenBias])
  }

  override func initialize(_ draw: inout Initializer) {
    switch draw.kind {
    case .pytorch:
      for parameter in parameters { draw.uniform(parameter.values, within: 1 / Double(size).squareRoot()) }
    case .keras:
      draw.uniform(inputWeight.values, within: (6 / Double(inputs + 4 * size)).squareRoot())
      draw.orthogonal(hiddenWeight.values, rows: 4 * size, columns: size)
      // The forget gate begins open.
      (inputBias.values.pointer + size).update(repeating: 1, count: size)
    }
  }

  override func parametersChanged() {
    let width = inputs + size
    for row in 0..<(4 * size) {
      (weight.pointer + row * width).update(from: inputWeight.pointer + row * inputs, count: inputs)
      (weight.pointer + row * width + inputs).update(from: hiddenWeight.pointer + row * size, count: size)
    }
    bias.pointer.update(from: inputBias.pointer, count: 4 * size)
    S.kernels.add(bias.pointer, hiddenBias.pointer, 4 * size)
    S.kernels.pack(packed.pointer, weight.pointer, 4 * size, width)
    S.kernels.packTurned(turnedInput.pointer, inputWeight.pointer, 4 * size, inputs, 1)
    S.kernels.packTurned(turnedHidden.pointer, hiddenWeight.pointer, 4 * size, size, 1)
  }

  override func reserve(_ count: Int) {
    lanes = (count + 15) / 16 * 16
    plane = steps * lanes
    planes = Values(inputs * plane + size * (plane + lanes))
    offsets = (0..<inputs).map { Int64($0 * plane) } + (0..<size).map { Int64(inputs * plane + $0 * (plane + lanes)) }
    gateOffsets = (0..<(4 * size)).map { Int64($0 * plane) }
    gates = Values(4 * size * plane)
    gateGradients = Values(4 * size * plane)
    cells = Values(size * (plane + lanes))
    squashed = Values(size * plane)
    hiddenGradient = Values(size * lanes)
    cellGradient = Values(size * lanes)
    inputGradients = Values(inputs * plane)
  }

  /// Of the step before the first: [size x (steps + 1) x lanes].
  private var hidden: UnsafeMutablePointer<S> { planes.pointer + inputs * plane }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for step in 0..<steps {
      S.kernels.transpose(
        planes.pointer + step * lanes, plane, input + step * inputs, inputSize, pass.count, inputs)
    }
    for step in 0..<steps {
      let at = step * lanes
      S.kernels.product(
        gates.pointer + at, plane, 4 * size, lanes, planes.pointer + at, offsets, offsets.count, packed.pointer,
        bias.pointer)
      S.kernels.lstmStep(
        gates.pointer + at, size * plane, plane, squashed.pointer + at, cells.pointer + at,
        cells.pointer + at + lanes, hidden + at + lanes, plane + lanes, size, lanes)
    }
    for step in isLastOnly ? steps - 1..<steps : 0..<steps {
      S.kernels.transpose(
        output + (isLastOnly ? 0 : step * size), outputSize, hidden + (step + 1) * lanes, plane + lanes, size,
        pass.count)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    cellGradient.clear()
    for step in (0..<steps).reversed() {
      let at = step * lanes
      askBack(step, gradient, pass.count)
      S.kernels.lstmStepBackward(
        gateGradients.pointer + at, cellGradient.pointer, hiddenGradient.pointer, gates.pointer + at, size * plane,
        plane, squashed.pointer + at, cells.pointer + at, plane + lanes, size, lanes)
    }
    addParameterGradients()
    guard let inputGradient else { return }
    S.kernels.product(
      inputGradients.pointer, plane, inputs, plane, gateGradients.pointer, gateOffsets, 4 * size, turnedInput.pointer,
      nil)
    for step in 0..<steps {
      S.kernels.transpose(
        inputGradient + step * inputs, inputSize, inputGradients.pointer + step * lanes, plane, inputs, pass.count)
    }
  }

  /// Gradient of a step's hidden state: from the step after, and from the layers after it.
  private func askBack(_ step: Int, _ gradient: UnsafePointer<S>, _ count: Int) {
    if step + 1 < steps {
      S.kernels.product(
        hiddenGradient.pointer, lanes, size, lanes, gateGradients.pointer + (step + 1) * lanes, gateOffsets, 4 * size,
        turnedHidden.pointer, nil)
    } else {
      hiddenGradient.clear()
    }
    guard !isLastOnly || step == steps - 1 else { return }
    S.kernels.addTransposed(
      hiddenGradient.pointer, lanes, gradient + (isLastOnly ? 0 : step * size), outputSize, count, size)
  }

  private func addParameterGradients() {
    let width = inputs + size
    weightGradient.clear()
    S.kernels.correlate(
      weightGradient.pointer, gateGradients.pointer, plane, 4 * size, plane, planes.pointer, offsets, width)
    for row in 0..<(4 * size) {
      S.kernels.add(inputWeight.gradientPointer + row * inputs, weightGradient.pointer + row * width, inputs)
      S.kernels.add(hiddenWeight.gradientPointer + row * size, weightGradient.pointer + row * width + inputs, size)
      let sum = S.kernels.sum(gateGradients.pointer + row * plane, plane)
      inputBias.gradientPointer[row] += sum
      hiddenBias.gradientPointer[row] += sum
    }
  }

  override func plan(_ plan: InferencePlan) {
    plan.lstm(
      inputWeight.floats, hiddenWeight.floats, zip(inputBias.floats, hiddenBias.floats).map { $0 + $1 }, steps: steps,
      inputs: inputs, size: size, isLastOnly: isLastOnly)
  }
}
