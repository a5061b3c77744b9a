import CNodeABI
import NodeHost

extension NodeClass {
  /// How its instances take new values while they run; nil: they don't.
  package var tuneFunctions: UnsafePointer<auscult_tune>? {
    ability(AUSCULT_TUNE)?.assumingMemoryBound(to: auscult_tune.self)
  }
}
