import CNodeABI

/// The subject of a training. Valid from `begin` to `endTraining`.
public struct Training {
  let pointer: UnsafePointer<auscult_training>
  public let machines: [String]
  /// Classes to tell apart; empty: learn normal sound.
  public let labels: [String]
  /// The format of the tokens; its channels have no meaning.
  public let format: StreamFormat
  /// The same seed and tokens give the same model, bit for bit.
  public let seed: UInt64

  init(_ pointer: UnsafePointer<auscult_training>) {
    self.pointer = pointer
    // Member by member, because a host of an earlier minor version has a smaller struct.
    let (names, words) = (pointer.pointee.machines, pointer.pointee.labels)
    machines = (0..<Int(pointer.pointee.machine_count)).map { String(cString: names![$0]!) }
    labels = (0..<Int(pointer.pointee.label_count)).map { String(cString: words![$0]!) }
    format = StreamFormat(pointer.pointee.format.pointee)
    seed = pointer.pointee.seed
  }

  /// Reports the progress of `fit`, from 0 to 1. Throws `Cancelled` if the person gave up.
  public func progress(_ done: Double, _ what: String) throws {
    let isCancelled = what.withCString { pointer.pointee.progress(pointer, done, $0) != 0 }
    if isCancelled { throw Cancelled() }
  }

  /// Reports the end of an epoch. Its curve is shown, and written into the model.
  ///
  /// - Returns: true: continue; false: end `fit` soon, successfully, with the best result so far.
  /// - Throws: `Cancelled` if the person gave up.
  public func epoch(_ epoch: Epoch) throws -> Bool {
    guard let tell = told else { return true }
    var native = epoch.native
    switch tell(pointer, &native) {
    case AUSCULT_GO_ON: return true
    case AUSCULT_KEEP_BEST: return false
    default: throw Cancelled()
    }
  }

  /// Bytes that may be used now. Refuse to use more.
  public var memory: Int {
    guard hasMember(pointer.pointee.size, \auscult_training.memory), pointer.pointee.memory > 0 else { return Int.max }
    return Int(clamping: pointer.pointee.memory)
  }

  private var told: (@convention(c) (UnsafePointer<auscult_training>?, UnsafePointer<auscult_epoch>?) -> Int32)? {
    hasMember(pointer.pointee.size, \auscult_training.epoch) ? pointer.pointee.epoch : nil
  }

  /// Progress of a class that passes over its tokens several times. Losses are means per value.
  public struct Epoch: Sendable {
    /// Index into the training's machines; nil: all of them at once.
    public var machine: Int?
    /// From 1. Further rounds continue the count.
    public var number: Int
    /// Number of the last epoch that this fit may reach.
    public var last: Int
    public var loss: Double
    public var validationLoss: Double?
    /// For classifiers, from 0 to 1.
    public var accuracy: Double?
    public var validationAccuracy: Double?

    public init(
      machine: Int?, number: Int, last: Int, loss: Double, validationLoss: Double? = nil, accuracy: Double? = nil,
      validationAccuracy: Double? = nil
    ) {
      self.machine = machine
      self.number = number
      self.last = last
      self.loss = loss
      self.validationLoss = validationLoss
      self.accuracy = accuracy
      self.validationAccuracy = validationAccuracy
    }

    fileprivate var native: auscult_epoch {
      auscult_epoch(
        size: UInt32(MemoryLayout<auscult_epoch>.size), machine: machine.map { Int32($0) } ?? AUSCULT_ALL_MACHINES,
        number: UInt32(clamping: number), last: UInt32(clamping: last), loss: loss,
        validation_loss: validationLoss ?? .nan, accuracy: accuracy ?? .nan,
        validation_accuracy: validationAccuracy ?? .nan)
    }
  }

  public struct Cancelled: Error, CustomStringConvertible {
    public var description: String { "interrupted" }
  }
}

/// The tokens of one machine. Valid until the next `take` of that machine, or `endTraining`.
public struct Examples {
  /// Index into the training's machines.
  public let machine: Int
  public let count: Int
  /// Values in a token.
  public let width: Int
  /// [count x width], finite; the tokens of a recording are contiguous and in order. Nil: a class that takes views got
  /// them, and reads each by `row`.
  public let values: UnsafePointer<Float>!
  /// [count] the values of each token.
  private let tokens: UnsafePointer<UnsafePointer<Float>?>?
  /// [count] index into the training's labels; nil: all normal.
  public let labels: UnsafePointer<Int32>?
  /// Set for an altered copy of a recording that serves as training material; the other bits index the original.
  public static let copy: UInt32 = AUSCULT_EXAMPLE_COPY

  /// [count] index of each token's recording.
  public let recordings: UnsafePointer<UInt32>

  /// Of memory that outlives them.
  public init(
    machine: Int, count: Int, width: Int, values: UnsafePointer<Float>, labels: UnsafePointer<Int32>?,
    recordings: UnsafePointer<UInt32>
  ) {
    self.machine = machine
    self.count = count
    self.width = width
    self.values = values
    tokens = nil
    self.labels = labels
    self.recordings = recordings
  }

  /// Of tokens anywhere in memory that outlives them [count].
  public init(
    machine: Int, width: Int, tokens: UnsafeBufferPointer<UnsafePointer<Float>?>, labels: UnsafePointer<Int32>?,
    recordings: UnsafePointer<UInt32>
  ) {
    self.machine = machine
    count = tokens.count
    self.width = width
    values = nil
    self.tokens = tokens.baseAddress
    self.labels = labels
    self.recordings = recordings
  }

  init(_ pointer: UnsafePointer<auscult_examples>) {
    // Member by member, because a host of an earlier minor version has a smaller struct.
    machine = Int(pointer.pointee.machine)
    count = Int(pointer.pointee.count)
    width = Int(pointer.pointee.width)
    values = pointer.pointee.values
    tokens = hasMember(pointer.pointee.size, \auscult_examples.tokens) ? pointer.pointee.tokens : nil
    labels = pointer.pointee.labels
    recordings = pointer.pointee.recordings
  }

  /// The values of one token [width].
  public func row(_ index: Int) -> UnsafePointer<Float> {
    if let tokens { return tokens[index].unsafelyUnwrapped }
    return UnsafePointer(values) + index * width
  }
}

/// Receives what a trainer has learned.
public struct ModelWriter {
  let pointer: UnsafePointer<auscult_model_writer>

  /// Adds a tensor. - Parameter machine: its index; nil: all machines.
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
    guard status == AUSCULT_OK else { throw NodeError("the host refused the text '\(key)'") }
  }
}

func trainerTable(flags: UInt32) -> auscult_trainer {
  auscult_trainer(
    size: UInt32(MemoryLayout<auscult_trainer>.size), flags: flags,
    begin: { pointer, training, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.begin(Training(training!)) }
    },
    take: { pointer, examples, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.take(Examples(examples!)) }
    },
    fit: { pointer, error in attempt(pointer, as: (any Trainable).self, error) { try $0.fit() } },
    write: { pointer, writer, error in
      attempt(pointer, as: (any Trainable).self, error) { try $0.write(ModelWriter(pointer: writer!)) }
    },
    end: { pointer in (instance(pointer!).node as? any Trainable)?.endTraining() })
}
