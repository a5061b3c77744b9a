import Models

extension ModelFile {
  /// A tensor's values; nil: there is no tensor of that name.
  func doubles(_ name: String, machine: Int) -> [Double]? {
    guard let tensor = tensors[ModelFile.tensorName(name, machine: machine)] else { return nil }
    return tensor.bytes.withUnsafeBytes { bytes in
      switch tensor.kind {
      case .float32:
        stride(from: 0, to: bytes.count, by: 4).map {
          Double(bytes.loadUnaligned(fromByteOffset: $0, as: Float.self))
        }
      case .float64:
        stride(from: 0, to: bytes.count, by: 8).map { bytes.loadUnaligned(fromByteOffset: $0, as: Double.self) }
      }
    }
  }
}
