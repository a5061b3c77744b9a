import Glibc
import TextEscapes

/// Whether the disks have room for what the graph writes, and when each output reaches its limit.
enum DiskCheck: DoctorCheck {
  private struct Disk {
    var free: Double
    var outputs: [GraphMeasurement.Output] = []
  }

  /// Days that are too few, and days to warn about.
  private static let (least, few) = (1.0, 30.0)

  static func findings(_ examination: Examination) -> [Finding] {
    guard let trial = examination.trial else { return [] }
    var disks: [UInt64: Disk] = [:]
    for output in trial.outputs {
      guard let (device, free) = room(for: output.path) else { continue }
      disks[device, default: Disk(free: free)].outputs.append(output)
    }
    return trial.outputs.map(finding) + disks.sorted { $0.key < $1.key }.map { finding($0.value) }
  }

  /// How much an output grows, and when it reaches its own limit.
  private static func finding(_ output: GraphMeasurement.Output) -> Finding {
    let rate = "'\(output.node)' writes \(bytes(output.bytesPerDay)) a day to \(output.path)"
    guard let limit = output.limit else { return Finding("outputs", .ok, "\(rate), without a limit") }
    let days = output.bytesPerDay > 0 ? "in \(words(limit / output.bytesPerDay))" : "never"
    return Finding("outputs", .ok, "\(rate); it reaches its limit of \(bytes(limit)) \(days)")
  }

  private static func finding(_ disk: Disk) -> Finding {
    let place = disk.outputs.map(\.node).joined(separator: ", ")
    let bounded = disk.outputs.compactMap(\.limit).reduce(0, +)
    let growth = disk.outputs.filter { $0.limit == nil }.reduce(0) { $0 + $1.bytesPerDay }
    let text = "\(bytes(disk.free)) are free on the disk of \(place)"
    let advice = "bound the outputs (`rotate` with `keep_bytes`), make room, or write to a larger disk"
    if bounded > disk.free {
      return Finding("disk", .problem, "\(text), less than the \(bytes(bounded)) that they keep", advice: advice)
    }
    guard growth > 0 else { return Finding("disk", .ok, text) }
    let days = (disk.free - bounded) / growth
    let verdict: Finding.Verdict = days < least ? .problem : days < few ? .warning : .ok
    return Finding(
      "disk", verdict, "\(text): enough for \(words(days))", advice: verdict == .ok ? nil : advice)
  }

  private static func bytes(_ number: Double) -> String { Quantity.bytes(Int(min(max(0, number), 1e18))) }

  /// Days in words.
  private static func words(_ days: Double) -> String {
    if days < 2 { return Quantity.seconds(days * 86_400) }
    return days < 730 ? "\(Int(days)) days" : "\(Int(min(days / 365, 1e6))) years"
  }

  /// The device and the free bytes where a path is, or is going to be.
  private static func room(for path: String) -> (device: UInt64, free: Double)? {
    var place = path
    var status = stat()
    while stat(PathText.bytes(place), &status) != 0 {
      guard let slash = place.lastIndex(of: "/"), place != "/" else { return nil }
      place = slash == place.startIndex ? "/" : String(place[..<slash])
    }
    var disk = statvfs()
    guard statvfs(PathText.bytes(place), &disk) == 0 else { return nil }
    return (UInt64(status.st_dev), Double(disk.f_bavail) * Double(disk.f_frsize))
  }
}
