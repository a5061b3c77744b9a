import Glibc
import NodeHost
import NumberText

/// Why a node's process is gone.
package struct ProcessEnd: Error, Sendable {
  package enum Cause: Sendable, Equatable {
    /// The system's wait status.
    case ended(Int32)
    /// A call took too long; the process was ended.
    case late(seconds: Double)
    /// It wrote what the shared memory's rules forbid; the process was ended.
    case brokeRules(String)
    case notStarted(String)
    /// The host has ended it.
    case dismissed
  }

  package var cause: Cause
  /// Name of the call in progress, or of the last one.
  package var call = ""
  /// Its last line on standard output or error.
  package var said = ""
  /// The most memory that it had, and its limit, in bytes; 0: not known.
  package var memory = 0
  package var limit = 0
  /// Other processes lived on, and have been ended.
  package var hasLeftSome = false

  /// The fault as a verb: "crashed (SIGSEGV) in 'process'".
  package var text: String {
    let place = call.isEmpty ? "" : " in '\(call)'"
    let words = said.isEmpty ? "" : ", saying '\(said)'"
    switch cause {
    case .ended(let status):
      let signal = status & 0x7F
      let what = signal != 0 ? "crashed (\(signalName(signal)))" : "ended itself (exit status \((status >> 8) & 0xFF))"
      return what + place + memoryText + leftText + words
    case .late(let seconds):
      return
        "did not return\(place.isEmpty ? "" : " from '\(call)'") within \(NumberText.plain(seconds, decimals: 3)) s"
        + leftText
    case .brokeRules(let rule): return rule + place + leftText
    case .notStarted(let reason): return "could not be started: \(reason)"
    case .dismissed: return "was ended"
    }
  }

  /// "signal", "exit", "limit", "rule" or "start": for records.
  package var kind: String {
    switch cause {
    case .ended(let status): status & 0x7F != 0 ? "signal" : "exit"
    case .late: "time limit"
    case .brokeRules: "rule"
    case .notStarted: "start"
    case .dismissed: "dismissed"
    }
  }

  private var leftText: String { hasLeftSome ? ", and left other processes behind, which were ended" : "" }

  private var memoryText: String {
    guard limit > 0, memory > limit - limit / 8 else { return "" }
    return ", when it had \(NumberText.bytes(memory)) of the \(NumberText.bytes(limit)) of memory that it may have"
  }
}
