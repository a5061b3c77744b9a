import FoundationEssentials

/// Whether the processor's clock slows down between cycles.
enum GovernorCheck: DoctorCheck {
  private static let folder = "/sys/devices/system/cpu"

  static func findings(_ examination: Examination) -> [Finding] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let governors = names.filter { $0.hasPrefix("cpu") }.compactMap { name in
      try? String(contentsOfFile: "\(folder)/\(name)/cpufreq/scaling_governor", encoding: .utf8)
    }.map { String($0.prefix { !$0.isNewline }) }
    let slow = Set(governors.filter { $0 != "performance" }).sorted()
    if governors.isEmpty { return [Finding("processor", .ok, "the system does not change the processor's clock")] }
    if slow.isEmpty { return [Finding("processor", .ok, "the processor's clock stays up (governor `performance`)")] }
    return [
      Finding(
        "processor", .warning,
        "the processor's clock slows down between cycles (governor \(slow.map { "`\($0)`" }.joined(separator: ", ")))",
        advice: "set the governor `performance`: cpupower frequency-set -g performance")
    ]
  }
}
