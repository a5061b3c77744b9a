import CNodeABI

/// What a training is about. Valid from `begin` to `endTraining`.
public struct Training {
  let pointer: UnsafePointer<auscult_training>
  public let machines: [String]
  /// Classes to tell apart; empty: normal sound is to be learned.
  public let labels: [String]
  /// Of the tokens; its channels mean nothing.
  public let format: StreamFormat
  /// The same seed and tokens give the same model, bit for bit.
  public let seed: UInt64

  init(_ pointer: UnsafePointer<auscult_training>) {
    self.pointer = pointer
    let native = pointer.pointee
    machines = (0..<Int(native.machine_count)).map { String(cString: native.machines[$0]!) }
    labels = (0..<Int(native.label_count)).map { String(cString: native.labels[$0]!) }
    format = StreamFormat(native.format.pointee)
    seed = native.seed
  }

  /// Says how far `fit` is, from 0 to 1. Throws `Cancelled` when the person gave up.
  public func progress(_ done: Double, _ what: String) throws {
    let isCancelled = what.withCString { pointer.pointee.progress(pointer, done, $0) != 0 }
    if isCancelled { throw Cancelled() }
  }

  public struct Cancelled: Error, CustomStringConvertible {
    public var description: String { "interrupted" }
  }
}

/// The tokens of one machine. Valid from `take` to `endTraining`.
public struct Examples {
  /// Index into the training's machines.
  public let machine: Int
  public let count: Int
  /// Values in a token.
  public let width: Int
  /// [count x width], finite; tokens of one recording lie together, in its order.
  public let values: UnsafePointer<Float>
  /// [count] index into the training's labels; nil: all normal.
  public let labels: UnsafePointer<Int32>?
  /// [count] which recording each comes from.
  public let recordings: UnsafePointer<UInt32>

  init(_ native: auscult_examples) {
    machine = Int(native.machine)
    count = Int(native.count)
    width = Int(native.width)
    values = native.values
    labels = native.labels
    recordings = native.recordings
  }

  /// The values of one token [width].
  public func row(_ index: Int) -> UnsafePointer<Float> { values + index * width }
}

/// Where a trainer puts what it learned.
public struct ModelWriter {
  let pointer: UnsafePointer<auscult_model_writer>

  /// Adds a tensor. - Parameter machine: its index, or nil: of all machines.
  public func tensor(_ name: String, machine: Int?, shape: [Int], _ values: [Float]) throws {
    try add(name, machine, AUSCULT_FLOAT32, shape, values)
  }

  public func tensor(_ name: String, machine: Int?, shape: [Int], _ values: [Double]) throws {
    try add(name, machine, AUSCULT_FLOAT64, shape, values)
  }

  private func add<T>(_ name: String, _ machine: Int?, _ type: UInt32, _ shape: [Int], _ values: [T]) throws {
    precondition(shape.reduce(1, *) == values.count, "tensor \(name): shape \(shape) for \(values.count) values")
    let sizes = shape.map { UInt64($0) }
    let status = name.withCString { name in
      values.withUnsafeBytes { bytes in
        pointer.pointee.tensor(
          pointer, machine.map { Int32($0) } ?? AUSCULT_ALL_MACHINES, name, type, UInt32(shape.count), sizes,
          bytes.baseAddress)
      }
    }
    guard status == AUSCULT_OK else {
      throw NodeError("learned a tensor '\(name)' that is not finite: check the sound")
    }
  }

  /// Adds a line of text under a key.
  public func text(_ key: String, _ text: String) throws {
    let status = key.withCString { key in text.withCString { pointer.pointee.text(pointer, key, $0) } }
    guard status == AUSCULT_OK else { throw NodeError("the text '\(key)' was not taken") }
  }
}

func trainerTable(flags: UInt32) -> auscult_trainer {
  auscult_trainer(
    size: UInt32(MemoryLayout<auscult_trainer>.size), flags: flags,
    begin: { pointer, training, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.begin(Training(training!)) }
    },
    take: { pointer, examples, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.take(Examples(examples!.pointee)) }
    },
    fit: { pointer, error in attempt(pointer, as: (any Trainable).self, error) { try $0.fit() } },
    write: { pointer, writer, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.write(ModelWriter(pointer: writer!)) }
    },
    end: { pointer in (instance(pointer!).node as? any Trainable)?.endTraining() })
}
