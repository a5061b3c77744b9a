import CNodeABI

/// The function table of "reopen/1", for every class that can reopen its output.
nonisolated(unsafe) let reopenFunctions: UnsafePointer<auscult_reopen> = constant(
  auscult_reopen(
    size: UInt32(MemoryLayout<auscult_reopen>.size), reopen: { pointer in instance(pointer!).node.reopen() }))
