import NodeHost
import SystemCalls

/// The result of one check of one class.
public struct CheckResult: Sendable {
  public enum Verdict: String, Sendable {
    case passed, failed, skipped
  }

  public var className: String
  public var check: String
  public var verdict: Verdict
  /// What is wrong; empty: nothing was found.
  public var findings: [String] = []
  /// What else is worth to know, and why a check was skipped.
  public var notes: [String] = []
  public var seconds = 0.0
}

/// Runs checks on the classes of a library, each in a process of its own with a time limit. What a node does there
/// touches only a scratch folder.
///
/// Thread: control, in a process with one thread, which is forked; otherwise the probe starts its program.
public final class ConformanceRun {
  private let library: PluginLibrary
  private let probe: PluginProbe
  private let seed: UInt64
  /// Parameters by name, as a graph file writes them.
  private let settings: [String: String]
  private let folder: String
  /// Names of the checks that each class has failed so far.
  private var failed: [String: Set<String>] = [:]

  /// - Parameter folder: an empty folder for what is written; the caller removes it.
  public init(_ library: PluginLibrary, probe: PluginProbe, seed: UInt64, settings: [String: String], folder: String) {
    (self.library, self.probe, self.seed, self.settings) = (library, probe, seed, settings)
    self.folder = folder
  }

  public func result(_ check: ConformanceCheck, _ nodeClass: NodeClass) -> CheckResult {
    var result = CheckResult(className: nodeClass.name, check: check.name, verdict: .skipped)
    if let fault = check.presumes.first(where: { failed[nodeClass.name]?.contains($0) ?? false }) {
      result.notes = ["it fails '\(fault)'"]
      return result
    }
    let began = clockSeconds()
    let trial = ChildTrial(
      library: library.path, className: nodeClass.name, check: check.name, seed: seed, folder: folder,
      settings: settings.filter { nodeClass.parameter($0.key) != nil })
    let outcome =
      probe.copy(seconds: check.limit) { child in trial.run(check, nodeClass, child) }
      ?? probe.run(
        ["probe-plugin", "--conformance", "--limit", "\(check.limit)"], request: trial.request,
        seconds: check.limit)
    if let outcome {
      result.read(outcome)
    } else {
      result.verdict = .failed
      result.findings = ["no child process could be started: \(systemReason())"]
    }
    if result.verdict == .failed { failed[nodeClass.name, default: []].insert(check.name) }
    result.seconds = clockSeconds() - began
    return result
  }
}

extension CheckResult {
  fileprivate mutating func read(_ outcome: ProbeOutcome) {
    let report = TrialReport(text: outcome.text)
    notes = report.notes
    if let fault = outcome.fault {
      findings.append("it \(fault)" + (outcome.activity.isEmpty ? "" : " (\(outcome.activity))"))
    } else {
      findings = report.findings
      if let reason = report.skipped { notes.append(reason) }
    }
    verdict = !findings.isEmpty ? .failed : report.skipped == nil ? .passed : .skipped
  }
}
