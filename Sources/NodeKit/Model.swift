import CNodeABI

/// A model file. The host has opened and checked it.
///
/// Thread: control.
public final class Model {
  private let models: UnsafePointer<auscult_models>
  private let pointer: OpaquePointer

  /// - Throws: `NodeError` at the parameter `model` if the file is missing, damaged or no model.
  public init(_ path: String, host: Host) throws {
    guard let models = host.ability(AUSCULT_MODELS, as: auscult_models.self) else {
      throw NodeError("this host reads no model files", parameter: "model")
    }
    self.models = models
    var error = auscult_error.empty
    var opened: OpaquePointer?
    guard models.pointee.open(host.pointer, path, &opened, &error) == AUSCULT_OK, let opened else {
      throw NodeError(error.message, parameter: "model")
    }
    pointer = opened
  }

  deinit { models.pointee.close(pointer) }

  /// "sha256:..." of the file.
  public var digest: String { String(cString: models.pointee.digest(pointer)!) }

  /// Names of a classifier's classes.
  public var labels: [String] {
    var labels: [String] = []
    guard let list = models.pointee.labels(pointer) else { return [] }
    while let label = list[labels.count] { labels.append(String(cString: label)) }
    return labels
  }

  public func text(_ key: String) -> String? { models.pointee.text(pointer, key).map { String(cString: $0) } }

  /// The part that belongs to all machines together.
  public var everyMachine: Machine { Machine(model: self, index: AUSCULT_ALL_MACHINES) }

  /// The part of one machine.
  ///
  /// - Throws: `NodeError` if the model does not know the machine.
  public func machine(_ name: String) throws -> Machine {
    let index = models.pointee.machine(pointer, name)
    guard index >= 0 else {
      let known = String(cString: models.pointee.machines(pointer)!)
      throw NodeError(
        "the model does not know the machine '\(name)'; it was trained on \(known). Give the source's machines these names, or "
          + "train again", parameter: "model")
    }
    return Machine(model: self, index: index)
  }

  /// The tensors of one machine.
  public struct Machine {
    fileprivate let model: Model
    /// Its place in the model; negative: all machines.
    public let index: Int32

    /// In units of the detector's score; nil before calibration.
    public var threshold: Double? {
      let threshold = model.models.pointee.threshold(model.pointer, index)
      return threshold.isFinite ? threshold : nil
    }

    /// A tensor's values, whatever their type in the file.
    ///
    /// - Parameter shape: the expected size of each dimension; nil: any size from 1.
    /// - Throws: `NodeError` if there is no such tensor, or its shape differs.
    public func doubles(_ name: String, _ shape: [Int?]) throws -> (values: [Double], shape: [Int]) {
      let (tensor, sizes) = try checked(name, shape)
      let count = sizes.reduce(1, *)
      if tensor.type == AUSCULT_FLOAT64 {
        return (
          Array(UnsafeBufferPointer(start: tensor.data.assumingMemoryBound(to: Double.self), count: count)), sizes
        )
      }
      let floats = UnsafeBufferPointer(start: tensor.data.assumingMemoryBound(to: Float.self), count: count)
      return (floats.map(Double.init), sizes)
    }

    public func floats(_ name: String, _ shape: [Int?]) throws -> (values: [Float], shape: [Int]) {
      let (tensor, sizes) = try checked(name, shape)
      let count = sizes.reduce(1, *)
      if tensor.type == AUSCULT_FLOAT32 {
        return (Array(UnsafeBufferPointer(start: tensor.data.assumingMemoryBound(to: Float.self), count: count)), sizes)
      }
      let doubles = UnsafeBufferPointer(start: tensor.data.assumingMemoryBound(to: Double.self), count: count)
      return (doubles.map(Float.init), sizes)
    }

    private func checked(_ name: String, _ expected: [Int?]) throws -> (auscult_tensor, [Int]) {
      var tensor = auscult_tensor()
      tensor.size = UInt32(MemoryLayout<auscult_tensor>.size)
      var error = auscult_error.empty
      guard model.models.pointee.tensor(model.pointer, index, name, &tensor, &error) == AUSCULT_OK else {
        throw NodeError(error.message, parameter: "model")
      }
      let sizes = (0..<Int(tensor.rank)).map { Int(tensor.shape[$0]) }
      let fits = sizes.count == expected.count && zip(sizes, expected).allSatisfy { $1 == nil ? $0 >= 1 : $0 == $1 }
      guard fits else {
        let wanted = expected.map { $0.map { "\($0)" } ?? "any" }.joined(separator: " x ")
        throw NodeError(
          "the model's tensor '\(name)' has the shape \(sizes.map { "\($0)" }.joined(separator: " x ")), "
            + "\(wanted) is needed: it belongs to another graph; train again", parameter: "model")
      }
      return (tensor, sizes)
    }
  }
}
