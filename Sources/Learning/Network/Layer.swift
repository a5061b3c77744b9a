/// The context of one pass through a network.
public struct NetworkPass {
  /// Tokens in the pass.
  public var count: Int
  /// Training: dropout is active, and batch normalisation uses and remembers the means of the batch.
  public var isTraining: Bool
  /// [count] machine of each token, for networks that use it; nil: 0.
  public var groups: UnsafePointer<Int32>?

  public init(count: Int, isTraining: Bool, groups: UnsafePointer<Int32>? = nil) {
    self.count = count
    self.isTraining = isTraining
    self.groups = groups
  }
}

/// One layer of a network: a forward pass, and a backward pass that turns the gradient of its output into that of its
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

  /// Output overwrites the input, and the gradient of the input that of the output: the backward pass then needs only
  /// the output.
  var isInPlace: Bool { false }

  /// It computes means over the tokens of a pass: a batch must not be cut.
  var mixesTokens: Bool { false }

  /// Allocates memory for the given number of tokens in a pass.
  func reserve(_ count: Int) {}

  /// Draws the initial values of the parameters.
  func initialize(_ draw: inout Initializer) {}

  /// Call it when parameters have changed.
  func parametersChanged() {}

  func forward(_ input: UnsafePointer<S>, _ output: UnsafeMutablePointer<S>, _ pass: NetworkPass) {
    preconditionFailure("a layer overrides `forward`")
  }

  /// - Parameters:
  ///   - input, output: those of the last forward pass.
  ///   - gradient: of the output; may be changed.
  ///   - inputGradient: nil: not needed; the same as `gradient` where the layer is in place.
  func backward(
    _ input: UnsafePointer<S>, _ output: UnsafePointer<S>, _ gradient: UnsafeMutablePointer<S>,
    _ inputGradient: UnsafeMutablePointer<S>?, _ pass: NetworkPass
  ) { preconditionFailure("a layer overrides `backward`") }

  /// Adds its inference step to a plan.
  func plan(_ plan: InferencePlan) { preconditionFailure("a layer overrides `plan`") }
}

extension NetworkParameter {
  var pointer: UnsafePointer<S> { UnsafePointer(values.pointer) }
  var gradientPointer: UnsafeMutablePointer<S> { gradient!.pointer }
  var floats: [Float] { values.floats }
}
