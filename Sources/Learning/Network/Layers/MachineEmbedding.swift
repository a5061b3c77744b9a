/// Appends a trained vector of the token's machine to the input: [values] -> [values + size], W [machines x size].
public final class MachineEmbedding<S: NetworkScalar>: Layer<S> {
  private let weight: NetworkParameter<S>
  private let machines: Int
  private let size: Int

  public init(_ inputShape: [Int], machines: Int, size: Int) {
    self.machines = machines
    self.size = size
    weight = NetworkParameter("weight", [machines, size])
    super.init(inputShape, [inputShape.reduce(1, *) + size], [weight])
  }

  override func initialize(_ draw: inout Initializer) {
    switch draw.kind {
    case .pytorch: draw.normal(weight.values)
    case .keras: draw.uniform(weight.values, within: 0.05)
    }
  }

  override func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    for token in 0..<pass.count {
      let to = output + token * outputSize
      to.update(from: input + token * inputSize, count: inputSize)
      (to + inputSize).update(from: weight.pointer + machine(token, pass) * size, count: size)
    }
  }

  override func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) {
    for token in 0..<pass.count {
      let from = gradient + token * outputSize
      S.kernels.add(weight.gradientPointer + machine(token, pass) * size, from + inputSize, size)
      inputGradient.map { ($0 + token * inputSize).update(from: from, count: inputSize) }
    }
  }

  private func machine(_ token: Int, _ pass: NetworkPass) -> Int {
    let machine = Int(pass.groups?[token] ?? 0)
    precondition(machine >= 0 && machine < machines)
    return machine
  }

  override func plan(_ plan: InferencePlan) {
    plan.embedding(weight.floats, machines: machines, inputs: inputSize, size: size)
  }
}
