import CNodeABI

/// A negotiated format and the memory of its pointers. Immutable; lives as long as any schedule that uses it.
package final class FormatRecord: @unchecked Sendable {
  package let native: UnsafePointer<auscult_format>
  private let arena = Arena()

  /// Copies a format from a node. `machines` names the machine of each channel.
  package init(_ format: auscult_format, machines: [String]) {
    var copy = format
    copy.size = UInt32(MemoryLayout<auscult_format>.size)
    copy.machines = arena.texts(machines)
    let isNamed = format.kind == AUSCULT_SCORE || format.frequency_count == format.columns
    if let frequencies = format.frequencies, format.frequency_count > 0, isNamed {
      copy.frequencies = UnsafePointer(
        arena.array((0..<Int(format.frequency_count)).map { frequencies[$0] }))
    } else {
      copy.frequencies = nil
      copy.frequency_count = 0
    }
    native = UnsafePointer(arena.array([copy]))
  }

  package var format: auscult_format { native.pointee }
  package var machines: [String] { (0..<Int(format.channels)).map { String(cString: format.machines[$0]!) } }
}

extension auscult_format {
  /// Samples or tokens per second.
  package var rate: Double { Double(driver_rate) * Double(denominator) / Double(period) }
}
