import FoundationEssentials
import Glibc
import JACKDriver
import SystemCalls

/// Whether a JACK server, or PipeWire in its place, answers and runs cycles.
enum ServerCheck: DoctorCheck {
  /// Seconds to wait for the first cycle. A period lasts at most 0.2 s.
  private static let patience = 2.0

  static func findings(_ examination: Examination) -> [Finding] {
    let name = examination.server ?? getenv("JACK_DEFAULT_SERVER").map { String(cString: $0) } ?? "default"
    do throws(JACKError) {
      let meter = try PortMeter(server: examination.server)
      examination.meter = meter
      let hasCycles = Polling.wait(seconds: patience, every: .milliseconds(20)) { meter.cycles > 0 }
      return [hasCycles ? rolling(name, meter) : stuck(name)]
    } catch {
      return [Finding("server", .problem, error.description, advice: advice(error))]
    }
  }

  private static func rolling(_ name: String, _ meter: PortMeter) -> Finding {
    let period = Quantity.milliseconds(Double(meter.period) * 1000 / Double(meter.rate))
    return Finding(
      "server", .ok,
      "\(kind) '\(name)' runs: \(meter.rate) Hz, \(meter.period) frames a period (\(period))")
  }

  private static func stuck(_ name: String) -> Finding {
    Finding(
      "server", .problem,
      "\(kind) '\(name)' answers, but ran no cycle within \(Quantity.seconds(patience)): nothing is heard",
      advice: isPipeWire
        ? "start PipeWire's session manager (systemctl --user start wireplumber), and check with `wpctl status` that there "
          + "is a sound device"
        : "look at jackd's output, whether it still reaches its sound card, and start it again")
  }

  private static func advice(_ error: JACKError) -> String {
    let socket = (getenv("XDG_RUNTIME_DIR").map { String(cString: $0) } ?? "/run/user/\(getuid())") + "/pipewire-0"
    if case .noServer = error, !isPipeWire, FileManager.default.fileExists(atPath: socket) {
      return "PipeWire runs: start auscult by `pw-jack auscult`, or install pipewire-jack; or start jackd"
    }
    return error.suggestion ?? "start a JACK server, or PipeWire with its JACK library"
  }

  private static var kind: String { isPipeWire ? "PipeWire, as the JACK server" : "the JACK server" }

  /// PipeWire's libjack is loaded in place of JACK's.
  private static var isPipeWire: Bool {
    (try? String(contentsOfFile: "/proc/self/maps", encoding: .utf8))?.contains("/pipewire-") ?? false
  }
}
