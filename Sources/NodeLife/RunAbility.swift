import CNodeABI

private struct RunAbility: @unchecked Sendable {
  let table: UnsafeMutablePointer<auscult_run>
}

/// The table that `auscult_host.extension` returns for `run/1`.
var runAbilityTable: UnsafeRawPointer { UnsafeRawPointer(runAbility.table) }

private let runAbility: RunAbility = {
  let table = UnsafeMutablePointer<auscult_run>.allocate(capacity: 1)
  table.initialize(
    to: auscult_run(
      size: UInt32(MemoryLayout<auscult_run>.size), reserved: 0,
      began: { host in NodeHostRecord.of(host).services.liveSince },
      name: { host in
        let record = NodeHostRecord.of(host)
        return record.services.runName ?? record.native.pointee.graph
      }, is_rehearsal: { host in NodeHostRecord.of(host).services.isRehearsal ? 1 : 0 },
      graph_hash: { host, generation in NodeHostRecord.of(host).services.graphHashes[generation] }))
  return RunAbility(table: table)
}()
