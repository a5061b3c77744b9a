import CNodeABI
import NodeABI
import Synchronization

/// The functions of an ability in the place of the plugin's, in memory that is never freed.
///
/// - Parameter table: the plugin's own, for what it declares.
func isolatedTable(_ name: String, like table: UnsafeRawPointer) -> UnsafeRawPointer {
  switch name {
  case AUSCULT_STATE: return kept(stateFunctions)
  case AUSCULT_EXPLAIN: return kept(explainFunctions(table.assumingMemoryBound(to: auscult_explain.self)))
  case AUSCULT_REPORT: return kept(reportFunctions)
  case AUSCULT_TRAINER: return kept(trainerFunctions(table.assumingMemoryBound(to: auscult_trainer.self).pointee.flags))
  case AUSCULT_TUNE: return kept(tuneFunctions)
  default:
    return kept(
      auscult_reopen(
        size: size(auscult_reopen.self),
        reopen: { isolatedNode($0).mustReopen.store(true, ordering: .releasing) }))
  }
}

private func kept<T>(_ value: T) -> UnsafeRawPointer {
  let memory = UnsafeMutablePointer<T>.allocate(capacity: 1)
  memory.initialize(to: value)
  return UnsafeRawPointer(memory)
}

private func size<T>(_ type: T.Type) -> UInt32 { UInt32(MemoryLayout<T>.size) }

private var stateFunctions: auscult_state {
  auscult_state(
    size: size(auscult_state.self), reserved: 0,
    save: { pointer, sink, failure in status(isolatedNode(pointer).save(sink!, failure)) },
    restore: { pointer, bytes, count, failure in
      status(isolatedNode(pointer).restore(UnsafeRawBufferPointer(start: bytes, count: Int(count)), failure))
    })
}

private func explainFunctions(_ original: UnsafePointer<auscult_explain>) -> auscult_explain {
  let canReconstruct =
    hasMember(original.pointee.size, \auscult_explain.reconstruct) && original.pointee.reconstruct != nil
  return auscult_explain(
    size: size(auscult_explain.self), reserved: 0,
    explain: { pointer, channel, token, bands, moments, failure in
      let node = isolatedNode(pointer)
      return status(
        node.explain(
          .explain, channel: channel, token!, [(bands!, node.shape.columns), (moments!, node.shape.rows)], failure))
    },
    reconstruct: canReconstruct
      ? { pointer, channel, token, made, failure in
        let node = isolatedNode(pointer)
        return status(
          node.explain(
            .reconstruct, channel: channel, token!, [(made!, node.shape.rows * node.shape.columns)], failure))
      } : nil)
}

private var reportFunctions: auscult_report {
  auscult_report(
    size: size(auscult_report.self), reserved: 0,
    report: { pointer, sink, failure in status(isolatedNode(pointer).report(sink!, failure)) })
}

private func trainerFunctions(_ flags: UInt32) -> auscult_trainer {
  auscult_trainer(
    size: size(auscult_trainer.self), flags: flags,
    begin: { pointer, training, failure in status(isolatedNode(pointer).begin(training!, failure)) },
    take: { pointer, examples, failure in status(isolatedNode(pointer).take(examples!, failure)) },
    fit: { pointer, failure in status(isolatedNode(pointer).fit(failure)) },
    write: { pointer, writer, failure in status(isolatedNode(pointer).write(writer!, failure)) },
    end: { isolatedNode($0).endTraining() })
}

private var tuneFunctions: auscult_tune {
  auscult_tune(
    size: size(auscult_tune.self),
    prepare: { pointer, count, arguments, values, failure in
      guard let prepared = isolatedNode(pointer).prepare(count, arguments, failure) else { return AUSCULT_FAILED }
      values!.pointee = Unmanaged.passRetained(prepared).toOpaque()
      return AUSCULT_OK
    },
    take: { pointer, values in
      isolatedNode(pointer).apply(Unmanaged<IsolatedNode.Values>.fromOpaque(values!).takeUnretainedValue())
    },
    dispose: { pointer, values in
      isolatedNode(pointer).dispose(Unmanaged<IsolatedNode.Values>.fromOpaque(values!).takeRetainedValue())
    })
}
