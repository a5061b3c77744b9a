import JSONText

/// A trained model: tensors of each machine, and a description of its training. A `.safetensors` file.
///
/// Tensors are named `all.NAME` or `I.NAME`, I the index of the machine. Everything else is in the metadata.
public struct ModelFile: Sendable {
  public static let version = "1"

  /// One machine in the file.
  public struct Machine: Sendable, Equatable {
    public var name: String
    /// Anomalous means score > threshold; nil before it was calibrated.
    public var threshold: Double?
    /// How the threshold was set, and the histogram of the scores that it was set on.
    public var calibration: JSONValue
    /// dB for each column of a token: the difference of the present microphone from the training microphone. Empty:
    /// never adapted.
    public var offsets: [Double]
    /// Past adaptations, the latest last.
    public var adaptations: [JSONValue]

    public init(
      name: String, threshold: Double? = nil, calibration: JSONValue = .null, offsets: [Double] = [],
      adaptations: [JSONValue] = []
    ) {
      self.name = name
      self.threshold = threshold
      self.calibration = calibration
      self.offsets = offsets
      self.adaptations = adaptations
    }
  }

  /// Of the detector.
  public var className = ""
  public var classVersion = ""
  public var graph = ""
  /// sha256 of the nodes, parameters and links in training.
  public var graphHash = ""
  /// The nodes before the detector; see `FrontEnd`.
  public var frontEnd: JSONValue = .null
  public var seed: UInt64 = 0
  public var machines: [Machine] = []
  /// Labels of a classifier.
  public var labels: [String] = []
  /// The training data: recordings with their sha256, tokens, seconds.
  public var training: JSONValue = .null
  /// Texts that the detector itself stored.
  public var texts: [String: String] = [:]
  /// By their full names.
  public var tensors: [String: Tensor] = [:]

  public init() {}

  /// sha256 of the front end's description.
  public var frontEndHash: String { SHA256.hex(frontEnd.json) }

  public static func tensorName(_ name: String, machine: Int?) -> String {
    "\(machine.map(String.init) ?? "all").\(name)"
  }

  // MARK: Reading

  /// Reads a file, tensors included.
  ///
  /// - Throws: `ModelError` for a file that is missing, damaged, not a model, or of a later version.
  public init(path: String) throws(ModelError) { self = try OpenModel(path: path).file(withTensors: true) }

  /// - Throws: `ModelError`. Writes the file completely or not at all.
  public func write(_ path: String) throws(ModelError) {
    var metadata = texts
    let machines = machines.map { machine -> JSONValue in
      var members: [String: JSONValue] = ["name": .text(machine.name), "calibration": machine.calibration]
      if let threshold = machine.threshold { members["threshold"] = .number(threshold) }
      if !machine.offsets.isEmpty { members["offsets"] = .array(machine.offsets.map { .number($0) }) }
      if !machine.adaptations.isEmpty { members["adaptations"] = .array(machine.adaptations) }
      return .object(members)
    }
    metadata = Dictionary(uniqueKeysWithValues: texts.map { ("detector.\($0)", $1) })
    metadata["auscult.version"] = ModelFile.version
    metadata["auscult.class"] = className
    metadata["auscult.class_version"] = classVersion
    metadata["auscult.graph"] = graph
    metadata["auscult.graph_hash"] = graphHash
    metadata["auscult.front_end"] = text(frontEnd)
    metadata["auscult.front_end_hash"] = frontEndHash
    metadata["auscult.seed"] = "\(seed)"
    metadata["auscult.machines"] = text(.array(machines))
    metadata["auscult.labels"] = text(.array(labels.map { .text($0) }))
    metadata["auscult.training"] = text(training)
    try SafeTensors.write(path, metadata: metadata, tensors: tensors)
  }
}

private func text(_ value: JSONValue) -> String { String(decoding: value.json, as: UTF8.self) }

/// An open model file: its metadata is read and checked, its tensors are still in the file.
public final class OpenModel: @unchecked Sendable {
  public let path: String
  /// Without tensors.
  public private(set) var header = ModelFile()
  private let mapped: MappedFile
  private let entries: [String: SafeTensors.Entry]

  public init(path: String) throws(ModelError) {
    self.path = path
    mapped = try MappedFile(path: path)
    let (metadata, entries) = try SafeTensors.read(path, mapped.bytes)
    self.entries = entries
    header = try OpenModel.header(path, metadata)
  }

  /// "sha256:..." of the whole file.
  public lazy var digest: String = {
    var hash = SHA256()
    hash.update(mapped.bytes)
    return "sha256:" + hash.hex()
  }()

  private static func header(_ path: String, _ metadata: [String: String]) throws(ModelError) -> ModelFile {
    guard let version = metadata["auscult.version"] else {
      throw ModelError(path: path, text: "holds tensors, but is not a model of auscult: it has no 'auscult.version'")
    }
    guard version == ModelFile.version else {
      throw ModelError(path: path, text: "is of version \(version.prefix(20)); this program reads \(ModelFile.version)")
    }
    func json(_ key: String) throws(ModelError) -> JSONValue {
      do {
        return try JSONValue(parsing: (metadata[key] ?? "null").utf8)
      } catch {
        throw SafeTensors.damaged(path, "its metadata '\(key)' is not JSON: \(error)")
      }
    }
    guard !metadata.contains(where: { hasNUL($0.key) || hasNUL($0.value) }) else { throw nul(path) }
    var file = ModelFile()
    file.className = metadata["auscult.class"] ?? ""
    file.classVersion = metadata["auscult.class_version"] ?? ""
    file.graph = metadata["auscult.graph"] ?? ""
    file.graphHash = metadata["auscult.graph_hash"] ?? ""
    file.frontEnd = try json("auscult.front_end")
    file.seed = UInt64(metadata["auscult.seed"] ?? "") ?? 0
    file.labels = (try json("auscult.labels")).array?.compactMap(\.text) ?? []
    file.training = try json("auscult.training")
    file.machines = ((try json("auscult.machines")).array ?? []).map {
      ModelFile.Machine(
        name: $0["name"]?.text ?? "", threshold: $0["threshold"]?.number, calibration: $0["calibration"] ?? .null,
        offsets: ($0["offsets"]?.array ?? []).compactMap(\.number), adaptations: $0["adaptations"]?.array ?? [])
    }
    for (key, text) in metadata where key.hasPrefix("detector.") { file.texts[String(key.dropFirst(9))] = text }
    guard !file.machines.isEmpty, file.machines.count <= 4096 else {
      throw SafeTensors.damaged(path, "it names no machine")
    }
    guard !file.machines.contains(where: { hasNUL($0.name) }), !file.labels.contains(where: hasNUL) else {
      throw nul(path)
    }
    guard !file.className.isEmpty else { throw SafeTensors.damaged(path, "it does not say for which detector") }
    return file
  }

  /// A plugin would take the part before a NUL for the whole text.
  private static func hasNUL(_ text: String) -> Bool { text.utf8.contains(0) }

  private static func nul(_ path: String) -> ModelError {
    SafeTensors.damaged(path, "a text of its metadata has the character NUL (U+0000)")
  }

  /// - Parameter withTensors: copy them, too.
  public func file(withTensors: Bool) -> ModelFile {
    var file = header
    guard withTensors else { return file }
    for (name, entry) in entries {
      file.tensors[name] = Tensor(kind: entry.kind, shape: entry.shape, bytes: Array(mapped.bytes[entry.range]))
    }
    return file
  }

  /// The kind, shape and bytes of a tensor; nil: no tensor of that name. The bytes live as long as this.
  public func tensor(_ name: String) -> (kind: Tensor.Kind, shape: [Int], bytes: UnsafeRawBufferPointer)? {
    guard let entry = entries[name] else { return nil }
    return (entry.kind, entry.shape, UnsafeRawBufferPointer(rebasing: mapped.bytes[entry.range]))
  }

  /// Tensors hold only finite numbers.
  public func isFinite(_ name: String) -> Bool {
    guard let (kind, _, bytes) = tensor(name) else { return false }
    switch kind {
    case .float32: return isFinite(bytes, UInt32.self, exponent: 0x7f80_0000)
    case .float64: return isFinite(bytes, UInt64.self, exponent: 0x7ff0_0000_0000_0000)
    }
  }

  /// The exponent of a finite number is less than all ones. Without a way out of the loop, so that it is vectorised.
  @inline(__always)
  private func isFinite<Bits: FixedWidthInteger & BitwiseCopyable>(
    _ bytes: UnsafeRawBufferPointer, _ type: Bits.Type, exponent: Bits
  ) -> Bool {
    var greatest: Bits = 0
    for place in stride(from: 0, to: bytes.count, by: MemoryLayout<Bits>.size) {
      greatest = max(greatest, bytes.loadUnaligned(fromByteOffset: place, as: Bits.self) & exponent)
    }
    return greatest != exponent
  }
}

extension OpenModel {
  /// "sha256:..." of any file.
  public static func digest(ofFile path: String) throws(ModelError) -> String {
    let mapped = try MappedFile(path: path)
    var hash = SHA256()
    // Recordings may be larger than memory.
    for begin in stride(from: 0, to: mapped.bytes.count, by: 1 << 22) {
      let part = UnsafeRawBufferPointer(rebasing: mapped.bytes[begin..<min(begin + 1 << 22, mapped.bytes.count)])
      hash.update(part)
      mapped.release(part)
    }
    return "sha256:" + hash.hex()
  }
}
