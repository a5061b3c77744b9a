import CNodeABI
import Synchronization

/// A number that a node reports about itself.
public struct NodeFigure: Sendable, Equatable {
  public var node: String
  /// For example "queued_messages".
  public var name: String
  public var value: Double

  public init(node: String, name: String, value: Double) {
    self.node = node
    self.name = name
    self.value = value
  }
}

/// The figures of all instances. A name may have several instances while one takes over from another: the figures of the
/// one that set its own last are shown.
package final class FigureList: Sendable {
  private struct Instance {
    var node: String
    var values: [String: Double] = [:]
    var changed = 0
  }
  private struct State {
    var instances: [ObjectIdentifier: Instance] = [:]
    var changes = 0
  }
  /// The most figures of an instance.
  private static let most = 64
  private let state = Mutex(State())

  func set(_ instance: ObjectIdentifier, node: String, _ name: String, _ value: Double) {
    state.withLock { state in
      var entry = state.instances[instance] ?? Instance(node: node)
      if !value.isFinite {
        entry.values[name] = nil
      } else if entry.values[name] != nil || entry.values.count < Self.most, Self.isName(name) {
        entry.values[name] = value
      }
      state.changes += 1
      entry.changed = state.changes
      state.instances[instance] = entry
    }
  }

  private static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { byte in
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
          || byte == UInt8(ascii: "_")
      }
  }

  /// By node, then by name.
  package var figures: [NodeFigure] {
    state.withLock { state in
      var latest: [String: Instance] = [:]
      for instance in state.instances.values where latest[instance.node]?.changed ?? -1 < instance.changed {
        latest[instance.node] = instance
      }
      return latest.values.flatMap { instance in
        instance.values.map { NodeFigure(node: instance.node, name: $0.key, value: $0.value) }
      }.sorted { ($0.node, $0.name) < ($1.node, $1.name) }
    }
  }

  func forget(_ instance: ObjectIdentifier) { state.withLock { $0.instances[instance] = nil } }
}

private struct FigureAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_figures>
}

/// The table that `auscult_host.extension` returns for `figures/1`.
var figureAbilityTable: UnsafeRawPointer { UnsafeRawPointer(figureAbility.table) }

private let figureAbility: FigureAbility = {
  let table = UnsafeMutablePointer<auscult_figures>.allocate(capacity: 1)
  table.initialize(
    to: auscult_figures(
      size: UInt32(MemoryLayout<auscult_figures>.size), reserved: 0,
      set: { host, name, value in
        guard let name else { return }
        let record = NodeHostRecord.of(host)
        record.services.figures.set(
          ObjectIdentifier(record), node: record.nodeName, String(cString: name), value)
      }))
  return FigureAbility(table: table)
}()
