import RunControl

/// Compares a candidate with the detector that judges, in words, from the running graph's answer.
struct ShadowText {
  private let report: JSONValue

  /// - Parameter report: `shadow` of a swap's status.
  init(_ report: JSONValue) { self.report = report }

  var text: String {
    var table = Table([
      ("", .left), ("scores", .right), ("anomalous", .right), ("alarms", .right), ("mean", .right),
      ("deviation", .right), ("5 %", .right), ("50 %", .right), ("95 %", .right), ("per slice", .right),
    ])
    for name in ["present", "candidate"] { add(name, to: &table) }
    return table.text + "\n" + agreement + dropped
  }

  private func add(_ name: String, to table: inout Table) {
    let side = report[name] ?? .null
    let percentiles = side["percentiles"]?.array?.map { number($0) } ?? ["-", "-", "-"]
    let cost = side["nanoseconds_per_token"]?.number.map { Quantity.milliseconds($0 / 1e6) } ?? "-"
    table.add(
      [name] + ["scores", "anomalous", "alarms"].map { "\(side[$0]?.integer ?? 0)" }
        + [number(side["mean"]), number(side["deviation"])] + percentiles.prefix(3) + [cost])
  }

  private func number(_ value: JSONValue?) -> String { value?.number.map { Quantity.fixed($0, 3) } ?? "-" }

  private var agreement: String {
    guard let share = report["agreement"]?.number else { return "no token was judged by both yet" }
    return "both judge alike in \(Quantity.fixed(share * 100, 1)) % of \(report["compared"]?.integer ?? 0) scores"
  }

  private var dropped: String {
    let tokens = report["dropped_tokens"]?.integer ?? 0
    return tokens == 0 ? "" : "\n\(Quantity.count(tokens, "token")) dropped: the candidate is too slow"
  }
}
