import Conformance
import OutputFiles
import RunControl
import TextEscapes

/// The results of `auscult conformance` as text, JSON and JUnit XML.
struct ConformanceReport {
  let seed: UInt32
  private var results: [(library: String, result: CheckResult)] = []

  init(seed: UInt32) { self.seed = seed }

  var failed: Int { results.count { $0.result.verdict == .failed } }

  /// Classes that no check could try, with the reason.
  var unchecked: [(className: String, reason: String)] {
    let classes = Dictionary(grouping: results.map(\.result), by: \.className)
    return classes.filter { $0.value.allSatisfy { $0.verdict == .skipped } }.map { name, results in
      (name, results.first?.notes.first ?? "")
    }.sorted { $0.className < $1.className }
  }

  mutating func add(_ result: CheckResult, _ library: String) { results.append((library, result)) }

  // MARK: Text

  var text: String {
    var lines: [String] = []
    var heading = ""
    for (library, result) in results {
      if heading != library + "\0" + result.className {
        heading = library + "\0" + result.className
        lines.append("\(result.className) (\(library.split(separator: "/").last ?? ""))")
      }
      lines += self.lines(result, library)
    }
    let skipped = results.count { $0.result.verdict == .skipped }
    let passed = results.count - failed - skipped
    lines.append("\(passed) checks passed, \(failed) failed, \(skipped) do not apply; seed \(seed)")
    return lines.joined(separator: "\n")
  }

  private func lines(_ result: CheckResult, _ library: String) -> [String] {
    let word = ["passed": "ok     ", "failed": "FAILED ", "skipped": "-      "][result.verdict.rawValue]!
    let name = result.check + String(repeating: " ", count: max(0, 12 - result.check.utf8.count))
    let indent = String(repeating: " ", count: 23)
    let texts = result.findings + result.notes
    var lines = ["  \(word)  \(name)" + (texts.first ?? "")]
    lines += texts.dropFirst().map { indent + $0 }
    if result.verdict == .failed {
      lines.append(
        indent + "-> auscult conformance \(ShellText.word(library)) --class \(result.className) "
          + "--check \(result.check) --reproduce \(seed)")
    }
    return lines
  }

  /// "took 25.1 s: leaks 10.2 s, time 4.0 s, ...": the checks that took most.
  var times: String {
    let sums = Dictionary(results.map { ($0.result.check, $0.result.seconds) }) { $0 + $1 }
    let longest = sums.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(6)
    let all = "took \(Quantity.fixed(sums.values.reduce(0, +), 1)) s"
    return all + ": " + longest.map { "\($0.key) \(Quantity.fixed($0.value, 1)) s" }.joined(separator: ", ")
  }

  static var list: String {
    ConformanceCheck.all.map { check in
      check.name + String(repeating: " ", count: max(2, 13 - check.name.utf8.count)) + check.summary
    }.joined(separator: "\n")
  }

  // MARK: JSON

  var json: JSONValue {
    [
      "seed": .integer(Int64(seed)), "failed": .integer(Int64(failed)),
      "results": .array(
        results.map { library, result in
          [
            "library": .text(library), "class": .text(result.className), "check": .text(result.check),
            "verdict": .text(result.verdict.rawValue), "findings": .array(result.findings.map { .text($0) }),
            "notes": .array(result.notes.map { .text($0) }), "seconds": .number(result.seconds),
          ]
        }),
    ]
  }

  static var listJSON: JSONValue {
    ["checks": .array(ConformanceCheck.all.map { ["name": .text($0.name), "summary": .text($0.summary)] })]
  }

  // MARK: JUnit

  private var junit: String {
    let cases = results.map { library, result -> String in
      let head =
        "    <testcase classname=\"\(HTMLText.escaped(result.className))\" name=\"\(HTMLText.escaped(result.check))\" "
        + "time=\"\(Int(result.seconds * 1000) / 1000).\(String(1000 + Int(result.seconds * 1000) % 1000).dropFirst())\""
      let text = HTMLText.escaped((result.findings + result.notes).joined(separator: "; "))
      switch result.verdict {
      case .passed: return head + "/>"
      case .failed: return head + ">\n      <failure message=\"\(text)\"/>\n    </testcase>"
      case .skipped: return head + ">\n      <skipped message=\"\(text)\"/>\n    </testcase>"
      }
    }
    let skipped = results.count { $0.result.verdict == .skipped }
    let counts = "tests=\"\(results.count)\" failures=\"\(failed)\" skipped=\"\(skipped)\""
    return """
      <?xml version="1.0" encoding="UTF-8"?>
      <testsuites \(counts)>
        <testsuite name="auscult conformance, seed \(seed)" \(counts)>
      \(cases.joined(separator: "\n"))
        </testsuite>
      </testsuites>

      """
  }

  func writeJUnit(_ path: String) throws {
    do {
      try WholeFile.write(Array(junit.utf8), to: path)
    } catch { throw Failure("\(error)") }
  }
}
