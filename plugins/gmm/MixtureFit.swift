import CRealtime
import Learning

/// Expectation maximisation of a mixture with diagonal covariances.
struct MixtureFit {
  struct Settings {
    /// Added to every variance.
    var floor: Double
    var tolerance: Double
    var iterations: Int
  }

  private let tokens: ScaledTokens
  private let settings: Settings
  /// [rows x components]
  private var responsibilities: Matrix
  private(set) var weights: [Double] = []
  private(set) var means: Matrix
  private(set) var variances: Matrix
  /// Mean over the rows, of the last iteration.
  private(set) var likelihood = -Double.infinity
  private(set) var iterations = 0

  /// Starts with every row in one component.
  init(_ tokens: ScaledTokens, assignment: [Int], components: Int, _ settings: Settings) {
    self.tokens = tokens
    self.settings = settings
    responsibilities = Matrix(rows: tokens.count, columns: components)
    for (row, component) in assignment.enumerated() { responsibilities.values[row * components + component] = 1 }
    means = Matrix(rows: components, columns: tokens.width)
    variances = means
    maximize()
  }

  mutating func run(progress: (Double) throws -> Void) throws {
    for index in 0..<settings.iterations {
      try progress(Double(index) / Double(settings.iterations))
      let before = likelihood
      likelihood = expect()
      maximize()
      iterations = index + 1
      if abs(likelihood - before) < settings.tolerance { break }
    }
  }

  private mutating func maximize() {
    let (tokens, count, width) = (self.tokens, means.rows, tokens.width)
    var totals = [Double](repeating: 10 * Double.ulpOfOne, count: count)
    means.values = [Double](repeating: 0, count: count * width)
    variances.values = means.values
    tokens.readAll { row, values in
      for component in 0..<count {
        let share = responsibilities.values[row * count + component]
        guard share > 0 else { continue }
        totals[component] += share
        for column in 0..<width {
          means.values[component * width + column] += share * values[column]
        }
      }
    }
    for component in 0..<count {
      for column in 0..<width { means.values[component * width + column] /= totals[component] }
    }
    tokens.readAll { row, values in
      for component in 0..<count {
        let share = responsibilities.values[row * count + component]
        guard share > 0 else { continue }
        for column in 0..<width {
          let difference = values[column] - means.values[component * width + column]
          variances.values[component * width + column] += share * difference * difference
        }
      }
    }
    for component in 0..<count {
      for column in 0..<width {
        let place = component * width + column
        variances.values[place] = variances.values[place] / totals[component] + settings.floor
      }
    }
    let sum = totals.reduce(0, +)
    weights = totals.map { $0 / sum }
  }

  /// Fills the responsibilities; returns the mean log-likelihood.
  private mutating func expect() -> Double {
    let (tokens, count, width) = (self.tokens, means.rows, tokens.width)
    let constants = (0..<count).map { component in
      realtime_log(weights[component])
        - 0.5
        * (variances.row(component).reduce(0) { $0 + realtime_log($1) } + Double(width) * realtime_log(2 * .pi))
    }
    let precisions = variances.values.map { 1 / $0 }
    var total = 0.0
    var logarithms = constants
    tokens.readAll { row, values in
      for component in 0..<count {
        var sum = 0.0
        for column in 0..<width {
          let difference = values[column] - means.values[component * width + column]
          sum += difference * difference * precisions[component * width + column]
        }
        logarithms[component] = constants[component] - 0.5 * sum
      }
      let best = logarithms.max()!
      let norm = best + realtime_log(logarithms.reduce(0) { $0 + realtime_exp($1 - best) })
      for component in 0..<count {
        responsibilities.values[row * count + component] = realtime_exp(logarithms[component] - norm)
      }
      total += norm
    }
    return total / Double(tokens.count)
  }
}
