import CNodeABI
import NodeKit

/// A hard node whose `process` lacks the marks, so that the compiler lets it grow an array on the realtime thread:
/// RealtimeSanitizer must stop it, and `scripts/check-marks` must find it.
final class Unmarked: Node {
  override class var declaration: NodeDeclaration {
    NodeDeclaration(
      "test.unmarked", version: "1.0.0", summary: "Grows an array in every cycle.", realtime: .hard,
      inputs: [PortDeclaration("in", .audio, "Samples")],
      outputs: [PortDeclaration("out", .audio, "The same samples")])
  }

  private var counts: [Int] = []

  override func process(_ cycle: Cycle) {
    counts.append(cycle.input.count)
    for index in 0..<cycle.input.count { cycle.output.samples(0)[index] = cycle.input.samples(0)[index] }
    cycle.output.count = cycle.input.count
  }
}

private let library = Library(Unmarked.self)

/// The plugin's one exported symbol.
@_cdecl("auscult_library")
public func auscult_library() -> UnsafePointer<auscult_library_info> { library.info }
