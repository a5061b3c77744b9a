import CRealtime
import Learning

/// Minimises sum over tokens of -log p(label) + penalty / 2 * sum of squared weights; intercepts have no penalty.
/// Newton's method, with conjugate gradients for each step (Nocedal, Wright 2006, algorithm 7.1). The problem is
/// convex: every solver that runs long enough finds the same optimum.
struct LogisticFit {
  /// [width + 1 x outputs]; the last row holds the intercepts. Two labels have one output: the second over the first.
  private(set) var weights: Matrix
  private(set) var steps = 0
  private let tokens: ScaledTokens
  private let labels: [Int]
  private let count: Int
  private let penalty: Double
  private var outputs: Int { weights.columns }

  init(_ tokens: ScaledTokens, labels: [Int], count: Int, penalty: Double) {
    self.tokens = tokens
    self.labels = labels
    self.count = count
    self.penalty = penalty
    weights = Matrix(rows: tokens.width + 1, columns: count == 2 ? 1 : count)
  }

  /// [labels x width]
  var weightRows: [Double] {
    (0..<count).flatMap { label in (0..<(weights.rows - 1)).map { weight($0, label) } }
  }
  var intercepts: [Double] { (0..<count).map { weight(weights.rows - 1, $0) } }
  var meanLoss: Double { state(weights).loss / Double(max(1, tokens.count)) }

  private func weight(_ row: Int, _ label: Int) -> Double {
    if outputs == 1 { return label == 0 ? 0 : weights.values[row] }
    return weights.values[row * outputs + label]
  }

  /// - Returns: whether it reached the optimum.
  mutating func run(iterations: Int, tolerance: Double, progress: (Double) throws -> Void) throws -> Bool {
    var now = state(weights)
    var slope = gradient(now, weights)
    let first = greatest(slope)
    guard first > 0 else { return true }
    while steps < iterations {
      // Slopes fall by powers of ten, and so does the remaining work.
      let left = realtime_log(greatest(slope) / first) / realtime_log(tolerance)
      try progress(min(1, max(0, left)))
      if greatest(slope) <= tolerance * first { return true }
      let step = try direction(now, slope, progress: { try progress(min(1, max(0, left))) })
      guard let next = descend(from: now, along: step, slope) else { return true }
      (now, weights) = next
      slope = gradient(now, weights)
      steps += 1
    }
    return greatest(slope) <= tolerance * first
  }

  // MARK: Loss and slopes

  private struct State {
    /// Of every output [tokens x outputs].
    var probabilities: [Double]
    var loss: Double
  }

  private func state(_ weights: Matrix) -> State {
    var values: [Double] = []
    values.reserveCapacity(tokens.count * outputs)
    tokens.forBlocks { _, block in values += block.times(weights) }
    var loss = 0.0
    for row in 0..<tokens.count {
      let base = row * outputs
      if outputs == 1 {
        let value = values[base]
        // log(1 + exp(value)), without overflow.
        let soft = (value > 0 ? value : 0) + realtime_log(1 + realtime_exp(-abs(value)))
        loss += soft - (labels[row] == 1 ? value : 0)
        values[base] = realtime_exp(value - soft)
        continue
      }
      let most = values[base..<(base + outputs)].max() ?? 0
      var sum = 0.0
      for output in 0..<outputs { sum += realtime_exp(values[base + output] - most) }
      let soft = most + realtime_log(sum)
      loss += soft - values[base + labels[row]]
      for output in 0..<outputs { values[base + output] = realtime_exp(values[base + output] - soft) }
    }
    for index in 0..<((weights.rows - 1) * outputs) {
      loss += 0.5 * penalty * weights.values[index] * weights.values[index]
    }
    return State(probabilities: values, loss: loss)
  }

  private func gradient(_ state: State, _ weights: Matrix) -> [Double] {
    let product = tokens.products(columns: outputs) { rows, _ in
      var errors = Array(state.probabilities[(rows.lowerBound * outputs)..<(rows.upperBound * outputs)])
      for (place, row) in rows.enumerated() {
        if outputs > 1 {
          errors[place * outputs + labels[row]] -= 1
        } else if labels[row] == 1 {
          errors[place] -= 1
        }
      }
      return errors
    }
    return penalized(product, weights)
  }

  /// The second derivative times a direction.
  private func curvature(_ state: State, _ direction: [Double]) -> [Double] {
    let along = Matrix(rows: weights.rows, columns: outputs, direction)
    let product = tokens.products(columns: outputs) { rows, block in
      var values = block.times(along)
      for (place, row) in rows.enumerated() { bend(&values, place * outputs, state.probabilities, row * outputs) }
      return values
    }
    return penalized(product, along)
  }

  /// Turns a token's change of its outputs into the change of its probabilities, at its place in `values`.
  private func bend(_ values: inout [Double], _ place: Int, _ probabilities: [Double], _ base: Int) {
    if outputs == 1 {
      values[place] *= probabilities[base] * (1 - probabilities[base])
      return
    }
    var mean = 0.0
    for index in 0..<outputs { mean += probabilities[base + index] * values[place + index] }
    for index in 0..<outputs {
      values[place + index] = probabilities[base + index] * (values[place + index] - mean)
    }
  }

  private func penalized(_ product: [Double], _ weights: Matrix) -> [Double] {
    var values = product
    for index in 0..<((weights.rows - 1) * outputs) { values[index] += penalty * weights.values[index] }
    return values
  }

  // MARK: Steps

  /// Newton's step, solved as closely as is worthwhile.
  private func direction(_ state: State, _ slope: [Double], progress: () throws -> Void) throws -> [Double] {
    var step = [Double](repeating: 0, count: slope.count)
    var residual = slope.map { -$0 }
    var search = residual
    var square = dot(residual, residual)
    let length = square.squareRoot()
    let enough = length * min(0.5, length.squareRoot())
    for round in 0..<(2 * slope.count) where square.squareRoot() > min(enough, 0.5 * length) {
      if round % 16 == 0 { try progress() }
      let product = curvature(state, search)
      let bend = dot(search, product)
      // Flat to rounding: nothing more to gain.
      guard bend > 1e-300 else { break }
      let share = square / bend
      for index in step.indices {
        step[index] += share * search[index]
        residual[index] -= share * product[index]
      }
      let next = dot(residual, residual)
      for index in search.indices { search[index] = residual[index] + next / square * search[index] }
      square = next
    }
    return step
  }

  /// The first of the step and its halves that reduces the loss enough; nil: only rounding is left.
  private func descend(from now: State, along step: [Double], _ slope: [Double]) -> (State, Matrix)? {
    let fall = dot(step, slope)
    guard fall < 0 else { return nil }
    var share = 1.0
    for _ in 0..<40 {
      var next = weights
      for index in step.indices { next.values[index] += share * step[index] }
      let state = state(next)
      if state.loss <= now.loss + 1e-4 * share * fall { return (state, next) }
      // Near the optimum the loss no longer shows a difference, and a whole step is right.
      if share == 1, -fall <= 1e-12 * max(1, abs(now.loss)), state.loss.isFinite { return (state, next) }
      share /= 2
    }
    return nil
  }

  private func greatest(_ values: [Double]) -> Double { values.reduce(0) { max($0, abs($1)) } }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for index in a.indices { sum += a[index] * b[index] }
    return sum
  }
}
