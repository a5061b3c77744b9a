import Foundation
import TestSupport
import Testing

/// One fuzzer: its time, its random numbers, its own folder, and `auscult` run on its files.
///
/// All together take about a minute; `AUSCULT_FUZZ_SECONDS` sets the time of each, `AUSCULT_LONG=1` sets it to twenty
/// minutes. `AUSCULT_SEED` repeats a run. Failing files are kept in a folder whose name is printed.
final class FuzzRun {
  var random: SeededRandom
  let folder: String
  private let name: String
  private let deadline: Date
  private(set) var rounds = 0
  private var kept = 0

  init(_ name: String, share: Double = 1) throws {
    self.name = name
    random = .fresh()
    let environment = ProcessInfo.processInfo.environment
    let isLong = !(environment["AUSCULT_LONG"] ?? "").isEmpty
    let seconds = environment["AUSCULT_FUZZ_SECONDS"].flatMap(Double.init) ?? (isLong ? 1200 : 9)
    deadline = Date(timeIntervalSinceNow: seconds * share)
    folder = NSTemporaryDirectory() + "auscult-fuzz-\(UUID().uuidString.prefix(8))"
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    print("\(name): AUSCULT_SEED=\(random.seed)")
  }

  deinit {
    print("\(name): \(rounds) inputs, AUSCULT_SEED=\(random.seed)")
    try? FileManager.default.removeItem(atPath: folder)
  }

  /// True until the time is over; there is at least one round.
  func goesOn(_ inputs: Int = 1) -> Bool {
    guard rounds == 0 || deadline.timeIntervalSinceNow > 0 else { return false }
    rounds += inputs
    return true
  }

  /// Writes a file into the folder; returns its name.
  @discardableResult
  func write(_ file: String, _ bytes: [UInt8]) throws -> String {
    let url = URL(fileURLWithPath: folder + "/" + file)
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
    return file
  }

  // MARK: Commands

  struct Outcome {
    /// 128 and more: a signal, 254: it did not end.
    var status: Int32
    var out: String
    var err: String
  }

  /// Runs `auscult` with limits of memory and time.
  func auscult(_ arguments: [String], seconds: Double = 120) throws -> Outcome {
    // A sanitizer's shadow takes terabytes of addresses.
    let isSanitized = ProcessInfo.processInfo.environment["AUSCULT_ASAN"] == "1"
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let limit = isSanitized ? "" : "ulimit -v 6000000; "
    process.arguments = ["-c", "ulimit -c 0; \(limit)exec \"$@\"", "sh", BuildFolder.path + "/auscult"] + arguments
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    let files = [".out", ".err"].map { folder + "/" + $0 }
    for file in files { _ = FileManager.default.createFile(atPath: file, contents: nil) }
    process.standardOutput = FileHandle(forWritingAtPath: files[0])
    process.standardError = FileHandle(forWritingAtPath: files[1])
    let hasEnded = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in hasEnded.signal() }
    try process.run()
    process.closeFiles()
    var isLate = false
    if hasEnded.wait(timeout: .now() + seconds) != .success {
      isLate = true
      kill(process.processIdentifier, SIGKILL)
      hasEnded.wait()
    }
    let texts = try files.map { String(decoding: try Data(contentsOf: URL(fileURLWithPath: $0)), as: UTF8.self) }
    let status = process.terminationReason == .exit ? process.terminationStatus : 128 + process.terminationStatus
    return Outcome(status: isLate ? 254 : status, out: texts[0], err: texts[1])
  }

  /// Why a command's end is wrong; nil: it is correct.
  func fault(_ outcome: Outcome) -> String? {
    if outcome.status == 254 { return "did not end in time" }
    if ![0, 1, 64].contains(outcome.status) {
      return "ended with status \(outcome.status): \(outcome.err.suffix(1500))"
    }
    if !isHarmless(outcome.out) { return "wrote control codes to standard output" }
    if !isHarmless(outcome.err) { return "wrote control codes to standard error" }
    if outcome.status != 0 && outcome.err.isEmpty { return "failed without a word" }
    if FileManager.default.fileExists(atPath: folder + "/MARK") { return "ran a name as a command" }
    return nil
  }

  /// Runs a command over many files at once, and over each of them alone if something is wrong.
  func runAll(_ command: [String], _ files: [String], seconds: Double = 120) throws {
    guard let fault = fault(try auscult(command + files, seconds: seconds)) else { return }
    var isFound = false
    for file in files {
      guard let fault = self.fault(try auscult(command + [file], seconds: seconds)) else { continue }
      isFound = true
      report("\(command.joined(separator: " ")) \(file): \(fault)", [file])
    }
    if !isFound { report("\(command.joined(separator: " ")) over \(files.count) files: \(fault)", files) }
  }

  /// Makes the test fail, and keeps the files.
  func report(_ text: String, _ files: [String]) {
    kept += 1
    let place = NSTemporaryDirectory() + "auscult-found-\(name)-\(random.seed)-\(kept)"
    try? FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for file in files {
      let name = file.split(separator: "/").last.map(String.init) ?? file
      try? FileManager.default.copyItem(atPath: folder + "/" + file, toPath: place + "/" + name)
    }
    Issue.record("AUSCULT_SEED=\(random.seed), kept in \(place): \(text)")
  }

  private func isHarmless(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control: scalar == "\n" || scalar == "\t"
      case .format: scalar.value == 0x200D
      default: true
      }
    }
  }
}
