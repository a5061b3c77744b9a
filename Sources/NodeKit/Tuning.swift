import CNodeABI

/// The function table of "tune/1", for every tunable class.
nonisolated(unsafe) let tuneFunctions: UnsafePointer<auscult_tune> = constant(
  auscult_tune(
    size: UInt32(MemoryLayout<auscult_tune>.size), prepare: prepareTuning, take: takeTuning, dispose: disposeTuning))

/// Prepared numbers in the ABI: first their count, then the numbers.
private let prepareTuning:
  @convention(c) (
    UnsafeMutableRawPointer?, UInt32, UnsafePointer<auscult_argument>?, UnsafeMutablePointer<UnsafeMutableRawPointer?>?,
    UnsafeMutablePointer<auscult_error>?
  ) -> auscult_status = { pointer, count, arguments, result, error in
    attempt(error) {
      let node = instance(pointer!).node
      let arguments = Arguments(
        host: node.host, declaration: type(of: node).declaration, count: Int(count), arguments)
      let numbers = try node.tuning(arguments)
      let memory = UnsafeMutablePointer<Double>.allocate(capacity: numbers.count + 1)
      memory.initialize(to: Double(numbers.count))
      (memory + 1).initialize(from: numbers, count: numbers.count)
      result!.pointee = UnsafeMutableRawPointer(memory)
    }
  }

// This runs on the realtime thread. Unmarked, because dynamic dispatch can't be checked; what it calls is marked.
private let takeTuning: @convention(c) (UnsafeMutableRawPointer?, UnsafeRawPointer?) -> Void = { pointer, values in
  let numbers = values!.assumingMemoryBound(to: Double.self)
  let tuning = UnsafeBufferPointer(start: numbers + 1, count: Int(numbers.pointee))
  Unmanaged<Instance>.fromOpaque(pointer!)._withUnsafeGuaranteedRef { $0.node.take(tuning) }
}

private let disposeTuning: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutableRawPointer?) -> Void = { _, values in
  values?.deallocate()
}
