import CNodeABI

/// Numbers that a node reports about itself, for `auscult status`: see figures.h.
///
/// Thread: control or worker, never realtime.
public struct Figures: @unchecked Sendable {
  private let host: UnsafePointer<auscult_host>
  private let table: UnsafePointer<auscult_figures>

  /// Nil: the host does not support it. Thread: control.
  public init?(_ host: Host) {
    guard let table = host.ability(AUSCULT_FIGURES, as: auscult_figures.self) else { return nil }
    self.host = host.pointer
    self.table = table
  }

  /// - Parameter value: nil removes the figure.
  public func set(_ name: String, _ value: Double?) { table.pointee.set(host, name, value ?? .nan) }
  public func set(_ name: String, _ value: Int) { set(name, Double(value)) }
}
