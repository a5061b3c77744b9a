/// What one pass through a network is about.
public struct NetworkPass {
  /// Tokens at once.
  public var count: Int
  /// Dropout drops, and batch normalisation takes the means of the batch and remembers them.
  public var isTraining: Bool
  /// [count] which machine each token is of, for networks that are told; nil: 0.
  public var groups: UnsafePointer<Int32>?

  public init(count: Int, isTraining: Bool, groups: UnsafePointer<Int32>? = nil) {
    self.count = count
    self.isTraining = isTraining
    self.groups = groups
  }
}

/// One step of a network: a forward pass, and a backward pass that turns the gradient of its output into that of its
/// input and adds to those of its parameters. Tokens lie one after the other, each row by row.
///
/// Thread: control; one at a time.
open class Layer<S: NetworkScalar> {
  /// Of one token: [values], [steps x values] or [channels x rows x columns].
  public let inputShape: [Int]
  public let outputShape: [Int]
  public final let parameters: [NetworkParameter<S>]
  final let inputSize: Int
  final let outputSize: Int

  init(_ inputShape: [Int], _ outputShape: [Int], _ parameters: [NetworkParameter<S>] = []) {
    self.inputShape = inputShape
    self.outputShape = outputShape
    self.parameters = parameters
    inputSize = inputShape.reduce(1, *)
    outputSize = outputShape.reduce(1, *)
  }

  /// Output takes the place of the input, and the gradient of the input that of the output's: the backward pass then
  /// needs the output alone.
  var isInPlace: Bool { false }

  /// Means over the tokens at once are part of what it computes: a batch must not be cut.
  var mixesTokens: Bool { false }

  /// Takes memory for so many tokens at once.
  func reserve(_ count: Int) {}

  /// Draws the first values of the parameters.
  func initialize(_ draw: inout Initializer) {}

  /// To be called when parameters have changed.
  func parametersChanged() {}

  func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    preconditionFailure("a layer overrides `forward`")
  }

  /// - Parameters:
  ///   - input, output: of the last forward pass.
  ///   - gradient: of the output; may be changed.
  ///   - inputGradient: nil: not asked for; the same as `gradient` where the layer is in place.
  func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) { preconditionFailure("a layer overrides `backward`") }

  /// Adds what it does, without training, to a plan.
  func plan(_ plan: InferencePlan) { preconditionFailure("a layer overrides `plan`") }
}

extension NetworkParameter {
  var pointer: UnsafePointer<S> { UnsafePointer(values.pointer) }
  var gradientPointer: UnsafeMutablePointer<S> { gradient!.pointer }
  var floats: [Float] { values.array.map { Float($0) } }
}
