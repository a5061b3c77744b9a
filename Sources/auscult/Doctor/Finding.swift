import RunControl

/// What a check of `auscult doctor` found.
struct Finding {
  enum Verdict: String, Comparable {
    case ok, warning, problem
    private var rank: Int { self == .ok ? 0 : self == .warning ? 1 : 2 }
    static func < (one: Verdict, other: Verdict) -> Bool { one.rank < other.rank }
  }

  /// Name of the check.
  var check: String
  var verdict: Verdict
  var found: String
  /// How to fix it.
  var advice: String?

  init(_ check: String, _ verdict: Verdict, _ found: String, advice: String? = nil) {
    self.check = check
    self.verdict = verdict
    self.found = found
    self.advice = advice
  }

  var json: JSONValue {
    .members([
      "check": .text(check), "verdict": .text(verdict.rawValue), "found": .text(found),
      "advice": advice.map { .text($0) },
    ])
  }
}
