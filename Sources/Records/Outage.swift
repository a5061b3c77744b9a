import Glibc
import NodeKit
import OutputFiles

/// A time in which an output can't be written. It is reported once, `status` shows it while it lasts, and the node
/// tries again with growing pauses.
public struct Outage {
  /// Seconds between attempts: the first pause, and the longest.
  private static let pauses = 0.5...30

  private let host: Host
  private let outages: Outages?
  private var pause = Outage.pauses.lowerBound
  private var next = 0.0
  private var began: Double?
  /// The reason as last reported.
  private var said: String?

  /// A reader that is slower than this, in seconds, is reported as the reason.
  private static let slowness = 5.0

  public init(_ host: Host) {
    self.host = host
    outages = Outages(host)
  }

  public var isOn: Bool { began != nil }
  /// The next attempt is due, or there was no failure.
  public var isDue: Bool { began == nil || Outage.now >= next }

  /// Notes a failed attempt; reports the first one.
  public mutating func fail(_ problem: FileProblem) {
    let isFirst = began == nil
    let now = Outage.now
    if isFirst {
      began = now
      pause = Outage.pauses.lowerBound
    } else {
      pause = min(pause * 2, Outage.pauses.upperBound)
    }
    // A slow reader is no fault, so try again at once.
    next = problem.code == EAGAIN ? now : now + pause
    if said != problem.description, problem.code != EAGAIN || now - (began ?? now) > Self.slowness {
      said = problem.description
      outages?.say(said)
    }
    guard isFirst else { return }
    host.log(.warning, "\(problem.description). The node tries again; everything else runs on")
  }

  /// Notes that the output can be written again, and reports it.
  ///
  /// - Parameter loss: what happened to the waiting data.
  public mutating func end(_ path: String, _ loss: String? = nil) {
    guard let began else { return }
    self.began = nil
    said = nil
    outages?.say(nil)
    let seconds = Int((Outage.now - began).rounded(.up))
    host.log(.warning, "\(path) is written again after \(seconds) s" + (loss.map { ": \($0)" } ?? ""))
  }

  /// Records what was lost.
  public func record(_ loss: WaitingTokens.Loss) { record(loss.count, loss.span) }

  public func record(_ loss: WaitingLines.Loss) { record(loss.count, loss.span) }

  private func record(_ count: Int, _ span: Span) { outages?.lost(count, begin: span.begin, end: span.end) }

  private static var now: Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) * 1e-9
  }
}
