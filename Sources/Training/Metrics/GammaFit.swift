import Glibc

/// A gamma distribution by maximum likelihood, with its lower end at 0.
public struct GammaFit: Sendable {
  public private(set) var shape: Double
  public private(set) var scale: Double

  /// Nil unless all values are above 0 and differ. Newton's method on the shape (Minka 2002).
  public init?(_ values: [Double]) {
    guard values.allSatisfy({ $0 > 0 }), let first = values.first, values.contains(where: { $0 != first }) else {
      return nil
    }
    let count = Double(values.count)
    let mean = values.reduce(0, +) / count
    let difference = log(mean) - values.reduce(0) { $0 + log($1) } / count
    guard difference > 0 else { return nil }
    var shape =
      (3 - difference + ((difference - 3) * (difference - 3) + 24 * difference).squareRoot()) / (12 * difference)
    for _ in 0..<50 {
      let step =
        1 / shape + (log(shape) - digamma(shape) - difference) / (shape * shape * (1 / shape - trigamma(shape)))
      let next = 1 / step
      guard next.isFinite, next > 0 else { break }
      let isDone = abs(next - shape) <= 1e-12 * shape
      shape = next
      if isDone { break }
    }
    self.shape = shape
    scale = mean / shape
  }

  /// The value below which a share lies.
  public func quantile(_ share: Double) -> Double { gammaQuantile(shape: shape, share) * scale }
}

/// The value below which a share of a gamma distribution of scale 1 lies, by halving an interval.
func gammaQuantile(shape: Double, _ share: Double) -> Double {
  var (low, high) = (0.0, shape + 1)
  while lowerIncompleteGamma(shape, high) < share { high *= 2 }
  for _ in 0..<200 {
    let middle = (low + high) / 2
    if lowerIncompleteGamma(shape, middle) < share { low = middle } else { high = middle }
  }
  return (low + high) / 2
}

/// By recurrence to 10 and up, then the asymptotic series (Abramowitz and Stegun 6.3.18).
func digamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum -= 1 / x
    x += 1
  }
  let square = 1 / (x * x)
  return sum + log(x) - 0.5 / x - square * (1.0 / 12 - square * (1.0 / 120 - square * (1.0 / 252 - square / 240)))
}

/// The same, 6.4.12.
func trigamma(_ x: Double) -> Double {
  var (x, sum) = (x, 0.0)
  while x < 10 {
    sum += 1 / (x * x)
    x += 1
  }
  let square = 1 / (x * x)
  return sum + 1 / x + square / 2 + square / x * (1.0 / 6 - square * (1.0 / 30 - square * (1.0 / 42 - square / 30)))
}

/// Regularised, P(a, x): series below a + 1, continued fraction above (Numerical Recipes 6.2).
func lowerIncompleteGamma(_ a: Double, _ x: Double) -> Double {
  guard x > 0 else { return 0 }
  let factor = exp(-x + a * log(x) - lgamma(a))
  if x < a + 1 {
    var (term, sum, n) = (1 / a, 1 / a, a)
    for _ in 0..<10_000 {
      n += 1
      term *= x / n
      sum += term
      if abs(term) < abs(sum) * 1e-16 { break }
    }
    return sum * factor
  }
  let tiny = 1e-300
  var b = x + 1 - a
  var c = 1 / tiny
  var d = 1 / b
  var h = d
  for i in 1..<10_000 {
    let an = -Double(i) * (Double(i) - a)
    b += 2
    d = an * d + b
    d = 1 / (abs(d) < tiny ? tiny : d)
    c = b + an / c
    c = abs(c) < tiny ? tiny : c
    h *= d * c
    if abs(d * c - 1) < 1e-16 { break }
  }
  return 1 - factor * h
}
