import Learning
import Testing

/// Losses and optimisers, as PyTorch's and Keras'.
struct LossTests {
  @Test(arguments: [("mse", Loss.meanSquaredError), ("bce", .binaryCrossEntropy)])
  func ofValues(_ name: String, _ loss: Loss) throws {
    let fixture = try Fixture("layers/loss_\(name)")
    let count = fixture.shape("input")[0]
    // A network whose weights are 0: its output is its biases, the target is the token.
    let size = fixture.shape("input")[1]
    let (input, target) = (fixture.numbers("input"), fixture.numbers("target"))
    var (sum, gradient) = (0.0, [Double]())
    for token in 0..<count {
      let range = (token * size)..<((token + 1) * size)
      let result = evaluate(loss, Array(input[range]), Array(target[range]))
      sum += result.loss / Double(count)
      gradient += result.gradient.map { $0 / Double(count) }
    }
    #expect(abs(sum - fixture.number("loss")) < 1e-12)
    #expect(distance(gradient, fixture.numbers("grad_input")) < 1e-12)
  }

  private func evaluate(_ loss: Loss, _ output: [Double], _ target: [Double]) -> (loss: Double, gradient: [Double]) {
    let layer = Dense<Double>([target.count], outputs: target.count)
    layer.parameters[1].values.array = output
    let network = Network([layer], batch: 1)
    let losses = target.withUnsafeBufferPointer { target in
      network.learn(.init([target.baseAddress!]), loss)
    }
    return (losses[0], layer.parameters[1].gradient!.array)
  }

  @Test func binaryCrossEntropyOfProbabilitiesBehindASoftmax() throws {
    let fixture = try Fixture("layers/loss_bce_softmax")
    try compareClasses(fixture, .binaryCrossEntropy, endsInSoftmax: true, classes: classes(ofOneHot: fixture))
  }

  @Test func crossEntropy() throws {
    let fixture = try Fixture("layers/loss_cross_entropy")
    try compareClasses(
      fixture, .crossEntropy, endsInSoftmax: false, classes: fixture.numbers("target").map { Int32($0) })
  }

  private func classes(ofOneHot fixture: Fixture) -> [Int32] {
    let size = fixture.shape("target")[1]
    let target = fixture.numbers("target")
    return (0..<fixture.shape("target")[0]).map { row in Int32((0..<size).first { target[row * size + $0] == 1 }!) }
  }

  /// A network whose first layer passes its input on, so that the gradient of its bias is the wanted one.
  private func compareClasses(_ fixture: Fixture, _ loss: Loss, endsInSoftmax: Bool, classes: [Int32]) throws {
    let (count, size) = (fixture.shape("input")[0], fixture.shape("input")[1])
    let input = fixture.numbers("input")
    var (sum, gradient) = (0.0, [Double]())
    for row in 0..<count {
      let layer = Dense<Double>([1], outputs: size)
      layer.parameters[1].values.array = Array(input[(row * size)..<((row + 1) * size)])
      let network = Network<Double>([layer] + (endsInSoftmax ? [Softmax([size])] : []), batch: 1)
      let token = [0.0]
      let losses = token.withUnsafeBufferPointer {
        network.learn(.init([$0.baseAddress!], classes: [classes[row]]), loss)
      }
      sum += losses[0] / Double(count)
      gradient += layer.parameters[1].gradient!.array.map { $0 / Double(count) }
    }
    // Keras limits probabilities by a number in single precision.
    #expect(abs(sum - fixture.number("loss")) < 1e-6)
    #expect(distance(gradient, fixture.numbers("grad_input")) < 1e-7)
  }

  @Test(arguments: [Initialization.pytorch, .keras])
  func adam(_ kind: Initialization) throws {
    let fixture = try Fixture("layers/adam_\(kind.rawValue)")
    let start = fixture.numbers("parameter")
    let layer = Dense<Double>([start.count], outputs: 1)
    layer.parameters[0].values.array = start
    let optimiser = Adam([layer.parameters[0]], rate: fixture.number("rate"), like: kind)
    for step in 1...3 {
      layer.parameters[0].gradient!.array = fixture.numbers("gradient_\(step)")
      optimiser.step()
      // Keras keeps its optimiser state in single precision.
      let tolerance = kind == .keras ? 1e-6 : 1e-12
      #expect(distance(layer.parameters[0].values.array, fixture.numbers("parameter_\(step)")) < tolerance)
      #expect(layer.parameters[0].gradient!.array.allSatisfy { $0 == 0 })
    }
  }
}
