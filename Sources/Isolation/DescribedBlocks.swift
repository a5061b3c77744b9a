import CNodeABI
import IsolationMessages

/// Which formats and producers the process knows, so that a message has them only when they change.
struct DescribedBlocks {
  private struct Known {
    var format: [UInt8]
    var producer: [UInt8]
  }
  private var known: [Int: Known] = [:]

  /// - Parameter place: of the block: inputs from 0, outputs from 1000 on.
  /// - Returns: true if the description must be sent.
  mutating func isNew(_ block: auscult_block, at place: Int) -> Bool {
    let now = Known(
      format: bytes(block.format.pointee), producer: block.producer.map { bytes($0.pointee) } ?? [])
    if let before = known[place], before.format == now.format, before.producer == now.producer { return false }
    known[place] = now
    return true
  }

  /// With the pointers: another format at the same place has others.
  private func bytes<T>(_ value: T) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }
}
