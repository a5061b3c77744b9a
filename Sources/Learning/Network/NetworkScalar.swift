import CNetwork
import COpenBLAS

/// Precision of a network: `Float` for use, `Double` to check gradients.
public protocol NetworkScalar: BinaryFloatingPoint, Sendable {
  /// The C functions of this precision.
  static var table: KernelTable<Self> { get }
  /// c [m x n] = alpha * op(a) op(b) + beta * c, all row by row, on one thread.
  static func multiply(
    _ isTransposed: (a: Bool, b: Bool), _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Self>, _ aStride: Int,
    _ b: UnsafePointer<Self>, _ bStride: Int, beta: Self, _ c: UnsafeMutablePointer<Self>, _ cStride: Int)
}

extension NetworkScalar {
  /// Reads one function, instead of copying all.
  @inline(__always)
  static var kernels: NetworkKernels<Self> { _read { yield table.kernels } }
}

/// Holds the functions of a precision.
public final class KernelTable<S>: Sendable {
  fileprivate let kernels: NetworkKernels<S>
  fileprivate init(_ kernels: NetworkKernels<S>) { self.kernels = kernels }
}

/// The functions of CNetwork in one precision; that header documents each.
struct NetworkKernels<S>: Sendable {
  typealias In = UnsafePointer<S>
  typealias Out = UnsafeMutablePointer<S>

  let pack: @Sendable (Out, In, Int, Int) -> Void
  let packTurned: @Sendable (Out, In, Int, Int, Int) -> Void
  let product: @Sendable (Out, Int, Int, Int, In, UnsafePointer<Int64>, Int, In, In?) -> Void
  let correlate: @Sendable (Out, In, Int, Int, Int, In, UnsafePointer<Int64>, Int) -> Void
  let spread: @Sendable (Out, Int, Int, Int, In, Int, Int, Int) -> Void
  let gather: @Sendable (Out, In, Int, Int, Int, Int, Int) -> Void
  let interleave: @Sendable (Out, In, Int, Int, Int, Int) -> Void
  let deinterleave: @Sendable (Out, Int, In, Int, Int, Int) -> Void
  let split: @Sendable (Out, Int, Int, In, Int, Int, Int) -> Void
  let join: @Sendable (Out, In, Int, Int, Int, Int, Int) -> Void
  let transpose: @Sendable (Out, Int, In, Int, Int, Int) -> Void
  let addTransposed: @Sendable (Out, Int, In, Int, Int, Int) -> Void
  let pool: @Sendable (Out, UnsafeMutablePointer<UInt8>?, In, Int, Int, Int, Int, Int) -> Void
  let poolBackward: @Sendable (Out, In, UnsafePointer<UInt8>, Int, Int, Int, Int, Int) -> Void
  let upsample: @Sendable (Out, In, Int, Int, Int) -> Void
  let upsampleBackward: @Sendable (Out, In, Int, Int, Int) -> Void
  let sum: @Sendable (In, Int) -> S
  let spreadOf: @Sendable (In, S, Int) -> S
  let dot: @Sendable (In, In, Int) -> S
  let add: @Sendable (Out, In, Int) -> Void
  let multiply: @Sendable (Out, In, In, Int) -> Void
  let affine: @Sendable (Out, In, S, S, Int) -> Void
  let combine: @Sendable (Out, In, In, S, S, S, Int) -> Void
  let relu: @Sendable (Out, In, Int) -> Void
  let reluBackward: @Sendable (Out, In, Int) -> Void
  let sigmoid: @Sendable (Out, In, Int) -> Void
  let sigmoidBackward: @Sendable (Out, In, Int) -> Void
  let softmax: @Sendable (Out, In, Int) -> Void
  let lstmStep: @Sendable (Out, Int, Int, Out, In, Out, Out, Int, Int, Int) -> Void
  let lstmStepBackward: @Sendable (Out, Out, In, In, Int, Int, In, In, Int, Int, Int) -> Void
  let squaredError: @Sendable (Out?, In, In, S, Int) -> S
  let adam: @Sendable (Out, Out, Out, Out, S, S, S, S, Int) -> Void
}

extension Float: NetworkScalar {
  public static let table = KernelTable<Float>(
    NetworkKernels(
      pack: network_pack_float, packTurned: network_pack_turned_float, product: network_product_float,
      correlate: network_correlate_float, spread: network_spread_float, gather: network_gather_float,
      interleave: network_interleave_float, deinterleave: network_deinterleave_float,
      split: network_split_float, join: network_join_float, transpose: network_transpose_float,
      addTransposed: network_add_transposed_float, pool: network_pool_float,
      poolBackward: network_pool_backward_float, upsample: network_upsample_float,
      upsampleBackward: network_upsample_backward_float, sum: network_sum_float, spreadOf: network_spread_of_float,
      dot: network_dot_float, add: network_add_float, multiply: network_multiply_float, affine: network_affine_float,
      combine: network_combine_float, relu: network_relu_float, reluBackward: network_relu_backward_float,
      sigmoid: network_sigmoid_float, sigmoidBackward: network_sigmoid_backward_float, softmax: network_softmax_float,
      lstmStep: network_lstm_step_float, lstmStepBackward: network_lstm_step_backward_float,
      squaredError: network_squared_error_float, adam: network_adam_float))

  public static func multiply(
    _ isTransposed: (a: Bool, b: Bool), _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Float>, _ aStride: Int,
    _ b: UnsafePointer<Float>, _ bStride: Int, beta: Float, _ c: UnsafeMutablePointer<Float>, _ cStride: Int
  ) {
    cblas_sgemm(
      CblasRowMajor, isTransposed.a ? CblasTrans : CblasNoTrans, isTransposed.b ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(aStride), b, blasint(bStride), beta, c, blasint(cStride))
  }
}

extension Double: NetworkScalar {
  public static let table = KernelTable<Double>(
    NetworkKernels(
      pack: network_pack_double, packTurned: network_pack_turned_double, product: network_product_double,
      correlate: network_correlate_double, spread: network_spread_double, gather: network_gather_double,
      interleave: network_interleave_double, deinterleave: network_deinterleave_double,
      split: network_split_double, join: network_join_double, transpose: network_transpose_double,
      addTransposed: network_add_transposed_double, pool: network_pool_double,
      poolBackward: network_pool_backward_double, upsample: network_upsample_double,
      upsampleBackward: network_upsample_backward_double, sum: network_sum_double, spreadOf: network_spread_of_double,
      dot: network_dot_double, add: network_add_double, multiply: network_multiply_double,
      affine: network_affine_double, combine: network_combine_double, relu: network_relu_double,
      reluBackward: network_relu_backward_double, sigmoid: network_sigmoid_double,
      sigmoidBackward: network_sigmoid_backward_double, softmax: network_softmax_double,
      lstmStep: network_lstm_step_double, lstmStepBackward: network_lstm_step_backward_double,
      squaredError: network_squared_error_double, adam: network_adam_double))

  public static func multiply(
    _ isTransposed: (a: Bool, b: Bool), _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>, _ aStride: Int,
    _ b: UnsafePointer<Double>, _ bStride: Int, beta: Double, _ c: UnsafeMutablePointer<Double>, _ cStride: Int
  ) {
    cblas_dgemm(
      CblasRowMajor, isTransposed.a ? CblasTrans : CblasNoTrans, isTransposed.b ? CblasTrans : CblasNoTrans,
      blasint(m), blasint(n), blasint(k), 1, a, blasint(aStride), b, blasint(bStride), beta, c, blasint(cStride))
  }
}
