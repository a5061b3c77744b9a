import COpenBLAS

/// Layers one after the other.
///
/// Thread: control; one at a time. Results depend only on its parameters, the tokens and the seed: the same bits every
/// time on one machine.
public final class Network<S: NetworkScalar> {
  public let layers: [Layer<S>]
  public var inputSize: Int { layers[0].inputSize }
  public var outputSize: Int { layers.last!.outputSize }
  /// In the order of the layers.
  public var parameters: [NetworkParameter<S>] { layers.flatMap(\.parameters) }

  /// The most values of a pass, unless a layer mixes tokens: about a core's share of the cache.
  private static var greatestPass: Int { 4 << 20 }

  /// The input of each layer, and the output of the last. Layers in place share.
  private var values: [Values<S>] = []
  private var gradients: (Values<S>, Values<S>) = (Values(0), Values(0))
  private let room: Int

  /// - Parameters:
  ///   - batch: the most tokens of a step.
  public init(_ layers: [Layer<S>], batch: Int) {
    for (layer, next) in zip(layers, layers.dropFirst()) { precondition(layer.outputSize == next.inputSize) }
    self.layers = layers
    let size = layers.reduce(layers[0].inputSize) { $0 + $1.outputSize }
    let fitting = max(1, Self.greatestPass / size)
    room = layers.contains(where: \.mixesTokens) ? batch : min(batch, fitting)
    var values = [Values<S>(room * layers[0].inputSize)]
    for layer in layers {
      values.append(layer.isInPlace ? values.last! : Values(room * layer.outputSize))
      layer.reserve(room)
    }
    self.values = values
    let greatest = layers.reduce(layers[0].inputSize) { max($0, $1.outputSize) }
    gradients = (Values(room * greatest), Values(room * greatest))
    parametersChanged()
    openblas_set_num_threads(1)
  }

  public func initialize(_ kind: Initialization, seed: UInt64) {
    var draw = Initializer(kind, seed: seed)
    for layer in layers { layer.initialize(&draw) }
    parametersChanged()
  }

  public func parametersChanged() { for layer in layers { layer.parametersChanged() } }

  /// Tokens to pass through, at any place in memory.
  public struct Batch {
    public var tokens: [UnsafePointer<S>]
    /// [count] class of each token; nil: the target is the token itself.
    public var classes: [Int32]?
    /// [count] machine of each token.
    public var machines: [Int32]?

    public init(_ tokens: [UnsafePointer<S>], classes: [Int32]? = nil, machines: [Int32]? = nil) {
      self.tokens = tokens
      self.classes = classes
      self.machines = machines
    }
  }

  /// Passes a batch forward and backward: adds the gradient of its mean loss to the parameters'.
  ///
  /// - Parameter body: gets each token's index and output [outputSize].
  /// - Returns: each token's loss.
  @discardableResult
  public func learn(_ batch: Batch, _ loss: Loss, _ body: (Int, UnsafePointer<S>) -> Void = { _, _ in }) -> [S] {
    pass(batch, loss, isTraining: true, body)
  }

  /// Passes a batch forward, without training.
  ///
  /// - Parameter body: gets each token's index and output [outputSize].
  /// - Returns: each token's loss.
  @discardableResult
  public func judge(_ batch: Batch, _ loss: Loss, _ body: (Int, UnsafePointer<S>) -> Void = { _, _ in }) -> [S] {
    pass(batch, loss, isTraining: false, body)
  }

  /// Passes tokens forward and backward, and returns the output and the input's gradient. Adds to the gradients of the
  /// parameters.
  ///
  /// - Parameters:
  ///   - tokens: [count x inputSize]; at most a step's batch.
  ///   - outputGradient: of the output [count x outputSize].
  public func trace(
    _ tokens: [S], machines: [Int32]? = nil, isTraining: Bool = false, _ outputGradient: ([S]) -> [S]
  ) -> (output: [S], inputGradient: [S]) {
    let count = tokens.count / inputSize
    precondition(count <= room && count * inputSize == tokens.count)
    values[0].pointer.update(from: tokens, count: tokens.count)
    var (output, inputGradient): ([S], [S]) = ([], [])
    withOptionalPointer(machines, 0..<count) { machines in
      let pass = NetworkPass(count: count, isTraining: isTraining, groups: machines)
      forward(pass)
      output = Array(UnsafeBufferPointer(start: values.last!.pointer, count: count * outputSize))
      gradients.0.pointer.update(from: outputGradient(output), count: count * outputSize)
      inputGradient = Array(UnsafeBufferPointer(start: backward(pass, toInput: true), count: tokens.count))
    }
    return (output, inputGradient)
  }

  private func pass(
    _ batch: Batch, _ loss: Loss, isTraining: Bool, _ body: (Int, UnsafePointer<S>) -> Void
  ) -> [S] {
    var losses: [S] = []
    losses.reserveCapacity(batch.tokens.count)
    for from in stride(from: 0, to: batch.tokens.count, by: room) {
      let range = from..<min(from + room, batch.tokens.count)
      for (place, index) in range.enumerated() {
        (values[0].pointer + place * inputSize).update(from: batch.tokens[index], count: inputSize)
      }
      let targets = batch.classes == nil && isReconstructed ? values[0].array : []
      withOptionalPointer(batch.machines, range) { machines in
        let pass = NetworkPass(count: range.count, isTraining: isTraining, groups: machines)
        forward(pass)
        evaluate(batch, range, targets, loss, isTraining: isTraining, &losses)
        if isTraining { _ = backward(pass, toInput: false) }
      }
      for (place, index) in range.enumerated() { body(index, values.last!.pointer + place * outputSize) }
    }
    return losses
  }

  /// The first layers may work in place, on the input that is also the target.
  private var isReconstructed: Bool { layers[0].isInPlace }

  private func evaluate(
    _ batch: Batch, _ range: Range<Int>, _ targets: [S], _ loss: Loss, isTraining: Bool, _ losses: inout [S]
  ) {
    let output = UnsafePointer(values.last!.pointer)
    let gradient = isTraining ? gradients.0.pointer : nil
    func run(_ target: Loss.Target<S>) {
      loss.evaluate(
        output, target, count: range.count, size: outputSize, total: batch.tokens.count, losses: &losses,
        gradient: gradient)
    }
    if let classes = batch.classes {
      classes[range].withUnsafeBufferPointer { run(.classes($0.baseAddress!)) }
    } else if isReconstructed {
      targets.withUnsafeBufferPointer { run(.values($0.baseAddress!)) }
    } else {
      run(.values(values[0].pointer))
    }
  }

  private func forward(_ pass: NetworkPass) {
    for (index, layer) in layers.enumerated() {
      layer.forward(values[index].pointer, values[index + 1].pointer, pass)
    }
  }

  /// The gradient of the output is in the first of `gradients`.
  private func backward(_ pass: NetworkPass, toInput: Bool) -> UnsafeMutablePointer<S> {
    var (current, other) = (gradients.0.pointer, gradients.1.pointer)
    let firstWithParameters = toInput ? 0 : layers.firstIndex { !$0.parameters.isEmpty } ?? layers.count
    for index in stride(from: layers.count - 1, through: firstWithParameters, by: -1) {
      let layer = layers[index]
      let isWanted = index > firstWithParameters || toInput
      let target = layer.isInPlace ? current : other
      layer.backward(
        values[index].pointer, values[index + 1].pointer, current, isWanted ? target : nil, pass)
      if !layer.isInPlace { swap(&current, &other) }
    }
    return current
  }
}

private func withOptionalPointer(
  _ values: [Int32]?, _ range: Range<Int>, _ body: (UnsafePointer<Int32>?) -> Void
) {
  guard let values else { return body(nil) }
  values[range].withUnsafeBufferPointer { body($0.baseAddress) }
}
