import CNodeABI
import Glibc
import Synchronization

/// An output that can't be written now.
public struct BlockedOutput: Sendable, Equatable {
  public var node: String
  public var problem: String
  /// Nanoseconds since the Unix epoch.
  public var since: Int64

  public init(node: String, problem: String, since: Int64) {
    self.node = node
    self.problem = problem
    self.since = since
  }
}

/// The outages of all instances. A name may have several instances while one takes over from another.
package final class OutageList: Sendable {
  private struct State {
    package var outages: [ObjectIdentifier: BlockedOutput] = [:]
    package var lost = 0
  }
  private let state = Mutex(State())

  func set(_ instance: ObjectIdentifier, node: String, _ problem: String?) {
    state.withLock { state in
      let since = state.outages[instance]?.since ?? Self.now
      state.outages[instance] = problem.map { BlockedOutput(node: node, problem: $0, since: since) }
    }
  }

  func add(lost count: Int) {
    state.withLock { $0.lost = $0.lost.addingReportingOverflow(count).partialValue }
  }

  func forget(_ instance: ObjectIdentifier) { state.withLock { $0.outages[instance] = nil } }

  /// By node, then by time.
  package var blocked: [BlockedOutput] {
    state.withLock { state in state.outages.values.sorted { ($0.node, $0.since) < ($1.node, $1.since) } }
  }

  /// Tokens that could not be written.
  package var lost: Int { state.withLock { $0.lost } }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}

private struct OutageAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_outages>
}

/// The table that `auscult_host.extension` returns for `outages/1`.
var outageAbilityTable: UnsafeRawPointer { UnsafeRawPointer(outageAbility.table) }

private let outageAbility: OutageAbility = {
  let table = UnsafeMutablePointer<auscult_outages>.allocate(capacity: 1)
  table.initialize(
    to: auscult_outages(
      size: UInt32(MemoryLayout<auscult_outages>.size), reserved: 0,
      set: { host, problem in
        let record = NodeHostRecord.of(host)
        record.services.outages.set(
          ObjectIdentifier(record), node: record.nodeName, problem.map { String(cString: $0) })
      },
      lost: { host, begin, end, count in
        let record = NodeHostRecord.of(host)
        let count = Int(min(count, UInt64(Int.max)))
        record.services.outages.add(lost: count)
        record.services.notices.post(.loss(count, at: record.nodeName, begin: begin, end: end), at: end)
      }))
  return OutageAbility(table: table)
}()
