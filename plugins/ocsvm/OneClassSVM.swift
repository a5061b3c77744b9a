import CKernels
import CLibSVM
import CRealtime
import Learning
import NodeKit

/// One-class support vector machine with Gaussian kernel: minus scikit-learn's `OneClassSVM.decision_function`, so a
/// token is outside where the score is above 0. Trained by libsvm.
final class OneClassSVM: ModelDetector {
  override class var drawsBySeed: Bool { false }

  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.ocsvm", version: "1.0.0", summary: "One-class support vector machine: minus its decision function.",
      realtime: .offload, traits: [.detector, .trainable], inputs: inputs,
      outputs: output("Minus the decision function: above 0 is outside"),
      parameters: sharedParameters + [
        .number("nu", "Share of the training tokens that may lie outside", default: "0.05", range: 1e-6...1),
        .number(
          "gamma", "gamma of the kernel exp(-gamma d^2); scale: 1 / (values * their variance)", default: "scale",
          range: 1e-30...1e30, words: ["scale"]),
        .integer(
          "tokens", "Most training tokens that are used, at equal distances if there are more",
          default: "4000", range: 2...1_000_000),
        Scaling.parameter(default: .standard),
      ])
  }

  private let nu: Double
  private let gamma: Double?
  private let most: Int

  required init(_ arguments: Arguments) throws {
    nu = arguments.number("nu")
    gamma = arguments["gamma"]?.number
    most = arguments.integer("tokens")
    try super.init(arguments)
  }

  override func learn(
    _ tokens: ScaledTokens, labels: [Int], _ training: Training, progress: (Double) throws -> Void
  ) throws -> Parameters {
    try progress(0)
    let used = (0..<min(tokens.count, most)).map { $0 * tokens.count / min(tokens.count, most) }
    let gamma = self.gamma ?? scaleGamma(tokens, used)
    let problem = Problem(tokens, used)
    var settings = svm_parameter()
    settings.svm_type = Int32(ONE_CLASS)
    settings.kernel_type = Int32(RBF)
    settings.gamma = gamma
    settings.nu = nu
    settings.cache_size = 200
    settings.eps = 1e-3
    settings.shrinking = 1
    svm_set_print_string_function { _ in }
    guard svm_check_parameter(&problem.native, &settings) == nil, let model = svm_train(&problem.native, &settings)
    else {
      throw NodeError("libsvm cannot train with these parameters", parameter: "nu")
    }
    defer {
      var freed: UnsafeMutablePointer<svm_model>? = model
      svm_free_and_destroy_model(&freed)
    }
    let count = Int(model.pointee.l)
    let vectors = tokens.floats(of: (0..<count).map { used[Int(model.pointee.sv_indices[$0]) - 1] })
    var parameters = Parameters()
    parameters.add("vectors", [count, tokens.width], floats: vectors)
    parameters.add("coefficients", [count], (0..<count).map { model.pointee.sv_coef[0]![$0] })
    parameters.add("rho", [1], [model.pointee.rho[0]])
    // Coefficients are from 0 to 1 and add up to nu times the tokens: twice the training tokens give twice the score.
    parameters.add("score_scale", [1], [(0..<count).reduce(0) { $0 + model.pointee.sv_coef[0]![$1] }])
    // The score of tokens that are far from all training tokens.
    parameters.add("score_limit", [1], [model.pointee.rho[0]])
    parameters.add("gamma", [1], [gamma])
    if used.count < tokens.count { parameters.figure("tokens used", Double(used.count)) }
    parameters.figure("support vectors", Double(count))
    parameters.figure("gamma", gamma)
    return parameters
  }

  /// 1 / (columns * population variance of all values); 1 for constant ones.
  private func scaleGamma(_ tokens: ScaledTokens, _ used: [Int]) -> Double {
    let values = Double(used.count * tokens.width)
    let mean = sum(tokens, used) { $0 } / values
    let variance = sum(tokens, used) { ($0 - mean) * ($0 - mean) } / values
    return variance > 0 ? 1 / (Double(tokens.width) * variance) : 1
  }

  /// Over all values of the used tokens, in order.
  private func sum(_ tokens: ScaledTokens, _ used: [Int], _ term: (Double) -> Double) -> Double {
    let row = Values<Double>(tokens.width)
    var sum = 0.0
    for index in used {
      tokens.read(index, into: row.pointer)
      for column in 0..<tokens.width { sum += term(row.pointer[column]) }
    }
    return sum
  }

  override func scorer(_ model: Model, _ machine: Model.Machine, width: Int) throws -> Scorer {
    try SupportScorer(machine, width: width)
  }
}

/// Tokens in libsvm's layout. libsvm keeps pointers into this while it trains.
private final class Problem {
  var native = svm_problem()
  private let memory = NodeMemory()

  init(_ tokens: ScaledTokens, _ used: [Int]) {
    let stride = tokens.width + 1
    let values = Values<Double>(tokens.width)
    // A row ends with the index -1.
    let nodes = memory.array(repeating: svm_node(index: -1, value: 0), count: used.count * stride)
    for (row, index) in used.enumerated() {
      tokens.read(index, into: values.pointer)
      for column in 0..<tokens.width {
        nodes[row * stride + column] = svm_node(index: Int32(column + 1), value: values.pointer[column])
      }
    }
    native.l = Int32(used.count)
    native.y = memory.array(repeating: 1, count: used.count)
    native.x = memory.array((0..<used.count).map { Optional(nodes + $0 * stride) })
  }
}

private final class SupportScorer: Scorer {
  private let vectors: UnsafePointer<Float>
  private let coefficients: UnsafePointer<Double>
  private let count: Int
  private let rho: Double
  private let gamma: Double
  private let narrow: UnsafeMutablePointer<Float>

  init(_ model: Model.Machine, width: Int) throws {
    let memory = ScorerMemory()
    let (values, shape) = try model.floats("vectors", [nil, width])
    count = shape[0]
    vectors = memory.keep(values)
    coefficients = memory.keep(try model.doubles("coefficients", [count]).values)
    rho = try model.doubles("rho", [1]).values[0]
    gamma = try model.doubles("gamma", [1]).values[0]
    narrow = memory.room(width, of: 0)
    try super.init(model, width: width, memory: memory)
  }

  @_noLocks @_noAllocation
  private func weight(_ index: Int, _ width: Int) -> Double {
    coefficients[index] * realtime_exp(-gamma * kernel_squared_distance(narrow, vectors + index * width, width))
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    kernel_narrow(narrow, row, width)
    var sum = 0.0
    for index in 0..<count { sum += weight(index, width) }
    return rho - sum
  }

  /// Distance from the mean of the support vectors, weighted by their part in this score.
  @_noLocks @_noAllocation
  override func parts(_ row: UnsafePointer<Double>, _ width: Int, into parts: UnsafeMutablePointer<Double>) {
    kernel_narrow(narrow, row, width)
    var total = 0.0
    for index in 0..<width { parts[index] = 0 }
    for vector in 0..<count {
      // Far from all of them every weight may become 0; then they count equally.
      let weight = weight(vector, width) + 1e-300
      total += weight
      let values = vectors + vector * width
      for index in 0..<width { parts[index] += weight * Double(values[index]) }
    }
    for index in 0..<width {
      let difference = row[index] - parts[index] / total
      parts[index] = difference * difference
    }
  }
}
