import CNodeABI

/// What lies behind the "reopen/1" ability of every class that can reopen its output.
nonisolated(unsafe) let reopenFunctions: UnsafePointer<auscult_reopen> = constant(
  auscult_reopen(
    size: UInt32(MemoryLayout<auscult_reopen>.size), reopen: { pointer in instance(pointer!).node.reopen() }))
