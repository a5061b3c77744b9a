/// Long short-term memory (Hochreiter, Schmidhuber 1997) as PyTorch's: gates in the order input, forget, cell, output, two
/// biases, from a state of zeros. [steps x inputs] -> [steps x size], or the last step [size].
public final class LSTM<S: NetworkScalar>: Layer<S> {
  private let inputWeight: NetworkParameter<S>
  private let hiddenWeight: NetworkParameter<S>
  private let inputBias: NetworkParameter<S>
  private let hiddenBias: NetworkParameter<S>
  private let steps: Int
  private let inputs: Int
  private let size: Int
  private let isLastOnly: Bool
  /// [count x steps x 4 size], and [count x steps x size].
  private var gates = Values<S>(0)
  private var gateGradients = Values<S>(0)
  private var cells = Values<S>(0)
  private var squashed = Values<S>(0)
  private var hidden = Values<S>(0)
  /// Of the step before; [count x steps x size], zeros in each first step.
  private var before = Values<S>(0)
  /// [count x size]
  private var hiddenGradient = Values<S>(0)
  private var cellGradient = Values<S>(0)
  private let zeros: Values<S>

  /// - Parameter inputShape: [steps x inputs].
  public init(_ inputShape: [Int], size: Int, lastStepOnly: Bool = false) {
    (steps, inputs) = (inputShape[0], inputShape[1])
    self.size = size
    isLastOnly = lastStepOnly
    inputWeight = NetworkParameter("input_weight", [4 * size, inputs])
    hiddenWeight = NetworkParameter("hidden_weight", [4 * size, size])
    inputBias = NetworkParameter("input_bias", [4 * size])
    hiddenBias = NetworkParameter("hidden_bias", [4 * size])
    zeros = Values(size)
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

  override func reserve(_ count: Int) {
    gates = Values(count * steps * 4 * size)
    gateGradients = Values(count * steps * 4 * size)
    cells = Values(count * steps * size)
    squashed = Values(count * steps * size)
    hidden = Values(count * steps * size)
    before = Values(count * steps * size)
    hiddenGradient = Values(count * size)
    cellGradient = Values(count * size)
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    let (rows, width) = (pass.count * steps, 4 * size)
    for row in 0..<rows {
      (gates.pointer + row * width).update(from: inputBias.pointer, count: width)
      S.kernels.add(gates.pointer + row * width, hiddenBias.pointer, width)
    }
    S.multiply(
      (false, true), rows, width, inputs, input, inputs, inputWeight.pointer, inputs, beta: 1, gates.pointer, width)
    for step in 0..<steps {
      if step > 0 {
        S.multiply(
          (false, true), pass.count, width, size, hidden.pointer + (step - 1) * size, steps * size,
          hiddenWeight.pointer, size, beta: 1, gates.pointer + step * width, steps * width)
      }
      for token in 0..<pass.count {
        let row = token * steps + step
        S.kernels.lstmStep(
          gates.pointer + row * width,
          step > 0 ? UnsafePointer(cells.pointer) + (row - 1) * size : UnsafePointer(zeros.pointer),
          cells.pointer + row * size, squashed.pointer + row * size, hidden.pointer + row * size, size)
      }
    }
    guard isLastOnly else { return output.update(from: hidden.pointer, count: rows * size) }
    for token in 0..<pass.count {
      (output + token * size).update(from: hidden.pointer + (token * steps + steps - 1) * size, count: size)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    let (rows, width) = (pass.count * steps, 4 * size)
    cellGradient.clear()
    for step in (0..<steps).reversed() {
      takeHiddenGradient(of: step, gradient, pass.count)
      if step + 1 < steps {
        S.multiply(
          (false, false), pass.count, size, width, gateGradients.pointer + (step + 1) * width, steps * width,
          hiddenWeight.pointer, size, beta: 1, hiddenGradient.pointer, size)
      }
      for token in 0..<pass.count {
        let row = token * steps + step
        S.kernels.lstmStepBackward(
          gateGradients.pointer + row * width, cellGradient.pointer + token * size,
          hiddenGradient.pointer + token * size, gates.pointer + row * width,
          step > 0 ? UnsafePointer(cells.pointer) + (row - 1) * size : UnsafePointer(zeros.pointer),
          squashed.pointer + row * size, size)
      }
    }
    for token in 0..<pass.count {
      (before.pointer + (token * steps + 1) * size).update(
        from: hidden.pointer + token * steps * size, count: (steps - 1) * size)
    }
    S.multiply(
      (true, false), width, inputs, rows, gateGradients.pointer, width, input, inputs, beta: 1,
      inputWeight.gradientPointer, inputs)
    S.multiply(
      (true, false), width, size, rows, gateGradients.pointer, width, before.pointer, size, beta: 1,
      hiddenWeight.gradientPointer, size)
    for row in 0..<rows {
      S.kernels.add(inputBias.gradientPointer, gateGradients.pointer + row * width, width)
      S.kernels.add(hiddenBias.gradientPointer, gateGradients.pointer + row * width, width)
    }
    guard let inputGradient else { return }
    S.multiply(
      (false, false), rows, inputs, width, gateGradients.pointer, width, inputWeight.pointer, inputs, beta: 0,
      inputGradient, inputs)
  }

  /// What the layers behind ask of a step.
  private func takeHiddenGradient(of step: Int, _ gradient: UnsafePointer<S>, _ count: Int) {
    for token in 0..<count {
      let to = hiddenGradient.pointer + token * size
      if !isLastOnly {
        to.update(from: gradient + (token * steps + step) * size, count: size)
      } else if step == steps - 1 {
        to.update(from: gradient + token * size, count: size)
      } else {
        to.update(repeating: 0, count: size)
      }
    }
  }

  override func plan(_ plan: InferencePlan) {
    plan.lstm(
      inputWeight.floats, hiddenWeight.floats, zip(inputBias.floats, hiddenBias.floats).map { $0 + $1 }, steps: steps,
      inputs: inputs, size: size, isLastOnly: isLastOnly)
  }
}
