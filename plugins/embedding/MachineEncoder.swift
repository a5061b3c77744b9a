import CKernels
import CRealtime
import Learning
import NodeKit

/// Distance to the nearest training token of the same machine, in the embedding space of an encoder of slices. The
/// encoder also gets the machine, and is trained as half of an autoencoder over all machines. System D of the
/// references.
final class MachineEncoder: NetworkDetector {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "detector.embedding", version: "1.0.0",
      summary: "Distance to the nearest training slice, between embeddings of one encoder for all machines.",
      realtime: .offload,
      traits: [.detector, .trainable], inputs: sliceInputs,
      outputs: output("Distance to the nearest training embedding"),
      parameters: sharedParameters + [
        .text(
          "channels", "Channels of each convolution; each but the last halves the image",
          default: "32 64 128 256"),
        .integer("size", "Size of the embedding", default: "32", range: 1...4096),
        .integer("machine_size", "Size of each machine's embedding", default: "8", range: 1...4096),
      ] + NetworkOptions.parameters(epochs: 50, batch: 64, rate: "1e-3", patience: 5, initial: .keras))
  }

  private let channels: [Int]
  private let size: Int
  private let machineSize: Int

  required init(_ arguments: Arguments) throws {
    channels = try NetworkOptions.sizes(arguments.text("channels"), parameter: "channels", atLeast: 2, most: 1024)
    size = arguments.integer("size")
    machineSize = arguments.integer("machine_size")
    try super.init(arguments)
  }

  override var structure: String {
    "encoder " + channels.map { "\($0)" }.joined(separator: " ") + " size \(size) machine \(machineSize)"
  }
  override var isShared: Bool { true }
  override var remembersTokens: Bool { true }

  // MARK: Layers

  /// Weights of one layer: 256 MiB.
  private static let greatestLayer = 1 << 26

  override func layers(_ purpose: Purpose) throws -> [Layer<Float>] {
    let halvings = channels.count - 1
    guard purpose.rows % (1 << halvings) == 0, purpose.columns % (1 << halvings) == 0 else {
      throw NodeError(
        "\(halvings) halvings need slices whose analysis frames and bands are multiples of \(1 << halvings), these have "
          + "\(purpose.rows) and \(purpose.columns): change the slicer's 'length' and the 'bands'",
        parameter: "channels")
    }
    let image = [1, purpose.columns, purpose.rows]
    let widened = size * channels[1] * (purpose.size >> (2 * halvings))
    guard widened <= Self.greatestLayer else {
      throw NodeError(
        "its decoder's first layer would have \(widened) weights, at most \(Self.greatestLayer) are allowed: give "
          + "a smaller 'size', fewer 'channels' or smaller slices", parameter: "size")
    }
    return encoder(purpose, image) + decoder(image)
  }

  private func encoder(_ purpose: Purpose, _ image: [Int]) -> [Layer<Float>] {
    var layers: [Layer<Float>] = [Transpose(rows: purpose.rows, columns: purpose.columns, outputShape: image)]
    for (index, count) in channels.enumerated() {
      layers.append(Convolution(layers.last!.outputShape, outputs: count))
      layers.append(ReLU(layers.last!.outputShape))
      let isLast = index == channels.count - 1
      layers.append(isLast ? GlobalAverage(layers.last!.outputShape) : MaxPool(layers.last!.outputShape))
    }
    layers.append(MachineEmbedding(layers.last!.outputShape, machines: purpose.machines, size: machineSize))
    layers.append(Dense(layers.last!.outputShape, outputs: size))
    return layers
  }

  /// From the second of the encoder's channel counts back to an image, through all but its last.
  private func decoder(_ image: [Int]) -> [Layer<Float>] {
    let halvings = channels.count - 1
    let start = [channels[min(1, halvings)], image[1] >> halvings, image[2] >> halvings]
    var layers: [Layer<Float>] = [Dense([size], outputs: start.reduce(1, *)), ReLU([start.reduce(1, *)])]
    layers.append(Reshape(layers.last!.outputShape, start))
    for count in channels.dropLast().reversed() {
      layers.append(Upsample(layers.last!.outputShape))
      layers.append(Convolution(layers.last!.outputShape, outputs: count))
      layers.append(ReLU(layers.last!.outputShape))
    }
    layers.append(Convolution(layers.last!.outputShape, outputs: 1))
    layers.append(Sigmoid(layers.last!.outputShape))
    layers.append(Reshape(layers.last!.outputShape, [image[1], image[2]]))
    layers.append(Transpose(rows: image[1], columns: image[2]))
    return layers
  }

  /// Layers up to the embedding.
  private static func encodingLayers(of network: Network<Float>) -> [Layer<Float>] {
    Array(network.layers[...(network.layers.firstIndex { $0 is MachineEmbedding<Float> }! + 1)])
  }

  //  MARK: What the model keeps in addition to the network

  override func write(
    _ writer: ModelWriter, _ network: Network<Float>, _ tokens: NetworkTokens, machines: [Int]
  ) throws {
    let memory = ScorerMemory()
    let inference = Inference(Self.encodingLayers(of: network), memory: memory)
    for machine in machines {
      let own = (0..<tokens.count).filter { tokens.machines[$0] == machine }
      var embeddings: [Float] = []
      embeddings.reserveCapacity(own.count * size)
      for index in own {
        tokens.withValues(of: index) { token in
          embeddings += UnsafeBufferPointer(start: inference.run(token, machine: machine), count: size)
        }
      }
      try writer.tensor("embeddings", machine: machine, shape: [own.count, size], embeddings)
    }
    withExtendedLifetime(memory) {}
  }

  override func scorer(
    _ network: Network<Float>, _ model: Model, _ machine: Model.Machine, purpose: Purpose
  ) throws -> Scorer {
    // From now on this network owns the layers: nothing uses the whole network any more.
    try EmbeddingScorer(Network(Self.encodingLayers(of: network), batch: 1), machine, size: size)
  }
}

/// Least Euclidean distance to the training embeddings of a machine.
private final class EmbeddingScorer: Scorer {
  private let encoder: Network<Float>
  private let inference: Inference
  private let machine: Int
  private let token: UnsafeMutablePointer<Float>
  private let embeddings: UnsafePointer<Float>
  private let count: Int
  private let size: Int

  init(_ encoder: Network<Float>, _ model: Model.Machine, size: Int) throws {
    let memory = ScorerMemory()
    self.encoder = encoder
    self.size = size
    machine = Int(model.index)
    inference = Inference(encoder, memory: memory)
    token = memory.room(encoder.inputSize, of: 0)
    let (values, shape) = try model.floats("embeddings", [nil, size])
    embeddings = memory.keep(values)
    count = shape[0]
    try super.init(model, width: encoder.inputSize, memory: memory)
  }

  @_noLocks @_noAllocation
  override func score(_ row: UnsafePointer<Double>, _ width: Int) -> Double {
    kernel_narrow(token, row, width)
    return realtime_sqrt(nearest(inference.run(token, machine: machine)).squared)
  }

  @_noLocks @_noAllocation
  private func nearest(_ embedding: UnsafePointer<Float>) -> (index: Int, squared: Double) {
    var best = (index: 0, squared: Double.infinity)
    for index in 0..<count {
      let squared = kernel_squared_distance(embedding, embeddings + index * size, size)
      if squared < best.squared { best = (index, squared) }
    }
    return best
  }

  /// Each value times its slope: an estimate of the distance without that value's part.
  override func explain(_ row: UnsafePointer<Double>, into parts: UnsafeMutablePointer<Double>) {
    kernel_narrow(token, row, width)
    let values = (0..<width).map { token[$0] }
    let slopes = encoder.trace(values, machines: [Int32(machine)]) { embedding in
      let target = embeddings + nearest(embedding).index * size
      return (0..<size).map { 2 * (embedding[$0] - target[$0]) }
    }.inputGradient
    for index in 0..<width { parts[index] = Double(abs(values[index] * slopes[index])) }
  }
}
