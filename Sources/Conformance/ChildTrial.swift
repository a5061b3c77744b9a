import Glibc
import NodeHost
import NodeRigs
import SystemCalls

/// A check in the child process.
public struct ChildTrial {
  var library: String
  var className: String
  var check: String
  var seed: UInt64
  var folder: String
  var settings: [String: String]

  /// For a child that is started as a program: fields that end with a zero byte.
  var request: [UInt8] {
    let fields = [library, className, check, "\(seed)", folder] + settings.flatMap { [$0.key, $0.value] }
    return fields.flatMap { Array($0.utf8) + [0] }
  }

  /// Answers a request of another process.
  public static func answer(_ request: [UInt8], _ child: ProbeChild) {
    var fields = request.split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard fields.count >= 6, let seed = UInt64(fields[3]), let check = ConformanceCheck.named(fields[2]) else { return }
    var trial = ChildTrial(
      library: fields[0], className: fields[1], check: fields[2], seed: seed, folder: fields[4], settings: [:])
    fields.removeFirst(5)
    while fields.count >= 2 {
      trial.settings[fields[0]] = fields[1]
      fields.removeFirst(2)
    }
    child.begin(0, "loading")
    // Before the constructors of the library run.
    ForeignEnvironment.forgetOthers()
    guard let library = try? PluginLibrary(path: trial.library),
      let nodeClass = library.classes.first(where: { $0.name == trial.className })
    else { return child.report(text: TrialReport(skipped: "the library can no longer be loaded").text) }
    trial.run(check, nodeClass, child)
  }

  /// Runs the check and reports what it finds.
  func run(_ check: ConformanceCheck, _ nodeClass: NodeClass, _ child: ProbeChild) {
    ForeignEnvironment.forgetOthers()
    var step: Int32 = 0
    let begin = { (text: String) in
      child.begin(Int(step), text)
      step += 1
    }
    begin("setting up")
    let models = "\(folder)/\(className)"
    let scratch = "\(models)/\(check.name)"
    mkdir(models, 0o700)
    mkdir(scratch, 0o700)
    chdir(scratch)
    var report = TrialReport()
    do {
      let trial = Trial(
        nodeClass, seed: seed, given: try Setting.typed(settings, nodeClass), modelFolder: models, scratch: scratch)
      trial.begin = begin
      defer { (report.findings, report.notes) = (trial.findings, trial.notes) }
      if check.name != ConformanceCheck.descriptor.name || TrainingSession.trainer(nodeClass) != nil {
        _ = try trial.arrangement()
      }
      begin(check.name)
      try check.body(trial)
    } catch let skip as Trial.Skip {
      report.skipped = skip.reason
    } catch {
      report.findings.append("\(error)")
    }
    child.report(text: report.text)
  }
}

/// What a child reports, as lines.
struct TrialReport {
  var findings: [String] = []
  var notes: [String] = []
  var skipped: String?

  init(skipped: String? = nil) { self.skipped = skipped }

  init(text: String) {
    for line in text.split(separator: "\n") {
      switch line.first {
      case "F": findings.append(String(line.dropFirst()))
      case "N": notes.append(String(line.dropFirst()))
      default: skipped = String(line.dropFirst())
      }
    }
  }

  var text: String {
    let lines = findings.map { "F" + $0 } + notes.map { "N" + $0 } + (skipped.map { ["S" + $0] } ?? [])
    return lines.map { $0.split(whereSeparator: \.isNewline).joined(separator: " ") }.joined(separator: "\n")
  }
}

extension NodeRig.Failure {
  /// A refusal must say why.
  var isSilent: Bool { text.isEmpty || text == NodeRig.Failure.withoutText }
}
